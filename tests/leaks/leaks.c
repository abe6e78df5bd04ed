/* SPDX-License-Identifier: MPL-2.0
 *
 * Runs the pipelines of a file in every way that they can end, then lets GStreamer go, so that the
 * leaks tracer reports what nobody freed:
 *
 *   GST_TRACERS=leaks GST_DEBUG=GST_TRACER:7 leaks PLUGIN FILE
 *
 * FILE holds one pipeline per line in the notation of gst-launch. Prints the number of runs.
 */
#include <gst/gst.h>
#include <stdlib.h>

#define PATIENCE (30 * GST_SECOND)

static void
fail (const char *what, const char *why)
{
  g_printerr ("leaks: %s: %s\n", what, why);
  exit (1);
}

/* Waits for one of `ends`; an error stops the program unless it is among them. */
static void
wait_for (GstElement * pipeline, const char *line, GstMessageType ends)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message =
      gst_bus_timed_pop_filtered (bus, PATIENCE, ends | GST_MESSAGE_ERROR);

  if (message == NULL)
    fail (line, "nothing happened for half a minute");
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR
      && !(ends & GST_MESSAGE_ERROR)) {
    GError *error = NULL;
    gst_message_parse_error (message, &error, NULL);
    fail (line, error->message);
  }
  gst_message_unref (message);
  gst_object_unref (bus);
}

static GstElement *
start (const char *line, GstState state)
{
  GError *error = NULL;
  GstElement *pipeline = gst_parse_launch (line, &error);

  if (pipeline == NULL || error != NULL)
    fail (line, error ? error->message : "not a pipeline");
  gst_element_set_state (pipeline, state);
  return pipeline;
}

static void
drop (GstElement * pipeline)
{
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
}

static void
to_the_end_twice (const char *line)
{
  GstElement *pipeline = start (line, GST_STATE_PLAYING);

  wait_for (pipeline, line, GST_MESSAGE_EOS);
  gst_element_set_state (pipeline, GST_STATE_READY);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  wait_for (pipeline, line, GST_MESSAGE_EOS);
  drop (pipeline);
}

static void
with_a_seek (const char *line)
{
  GstElement *pipeline = start (line, GST_STATE_PAUSED);

  wait_for (pipeline, line, GST_MESSAGE_ASYNC_DONE);
  if (gst_element_seek_simple (pipeline, GST_FORMAT_TIME,
          GST_SEEK_FLAG_FLUSH, 100 * GST_MSECOND))
    wait_for (pipeline, line, GST_MESSAGE_ASYNC_DONE);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  wait_for (pipeline, line, GST_MESSAGE_EOS);
  drop (pipeline);
}

static void
abandoned (const char *line)
{
  GstElement *pipeline = start (line, GST_STATE_PAUSED);

  wait_for (pipeline, line, GST_MESSAGE_ASYNC_DONE);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  drop (pipeline);
}

static void
never_started (const char *line)
{
  drop (start (line, GST_STATE_NULL));
}

/* Reads every property of every element that the plugin has. */
static void
read_properties (const char *plugin)
{
  GstRegistry *registry = gst_registry_get ();
  GList *features = gst_registry_get_feature_list_by_plugin (registry, plugin);

  if (features == NULL)
    fail (plugin, "the plugin is not found: is GST_PLUGIN_PATH set?");
  for (GList * f = features; f != NULL; f = f->next) {
    if (!GST_IS_ELEMENT_FACTORY (f->data))
      continue;
    GstElement *element = gst_element_factory_create (f->data, NULL);
    guint n = 0;
    GParamSpec **specs =
        g_object_class_list_properties (G_OBJECT_GET_CLASS (element), &n);
    for (guint i = 0; i < n; i++) {
      GValue value = G_VALUE_INIT;
      if (!(specs[i]->flags & G_PARAM_READABLE))
        continue;
      g_value_init (&value, specs[i]->value_type);
      g_object_get_property (G_OBJECT (element), specs[i]->name, &value);
      g_value_unset (&value);
    }
    g_free (specs);
    gst_object_unref (element);
  }
  gst_plugin_feature_list_free (features);
}

int
main (int argc, char **argv)
{
  gchar *text = NULL;
  GError *error = NULL;
  guint runs = 0;

  gst_init (&argc, &argv);
  if (argc != 3)
    fail ("usage", "leaks PLUGIN FILE");
  if (!g_file_get_contents (argv[2], &text, NULL, &error))
    fail (argv[2], error->message);
  read_properties (argv[1]);

  gchar **lines = g_strsplit (text, "\n", -1);
  for (gchar ** line = lines; *line != NULL; line++) {
    if (**line == '\0' || **line == '#')
      continue;
    never_started (*line);
    to_the_end_twice (*line);
    with_a_seek (*line);
    abandoned (*line);
    runs += 4;
  }
  g_strfreev (lines);
  g_free (text);
  if (runs == 0)
    fail (argv[2], "no pipeline");
  g_print ("%s: %u runs\n", argv[1], runs);
  gst_deinit ();
  return 0;
}
