/* SPDX-License-Identifier: MPL-2.0
 *
 * Plays an HLS stream as far as the demuxer, several times at once, and prints the peak resident set in
 * KiB, the longest gap between two buffers of audio in ms, and when the first one came, in ms from the start:
 *
 *   hls URL PIPELINES SECONDS [SOURCE [ELEMENT]]
 *
 * SOURCE, in the notation of gst-launch, has a `location`; souphttpsrc otherwise, or where it is empty; with uridecodebin3
 * the stream is decoded. ELEMENT is added to every pipeline. With SECONDS of 0 it ends with the first buffer.
 * HLS_CACHE in the environment is the cache-location of a source that uridecodebin3 makes.
 */
#include <gst/gst.h>
#include <stdlib.h>
#include <string.h>

static gint64 begin, first, last, gap;
static GMainLoop *loop;
static gboolean is_first_enough;

static GstPadProbeReturn
note_time (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  gint64 now = g_get_monotonic_time ();

  (void) pad, (void) info, (void) data;
  if (last != 0 && now - last > gap)
    gap = now - last;
  if (last == 0) {
    first = now;
    if (is_first_enough)
      g_main_loop_quit (loop);
  }
  last = now;
  return GST_PAD_PROBE_OK;
}

static void
end_in_a_sink (GstElement * demuxer, GstPad * pad, gpointer pipeline)
{
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  GstPad *end = gst_element_get_static_pad (sink, "sink");

  (void) demuxer;
  g_object_set (sink, "sync", TRUE, "enable-last-sample", FALSE, NULL);
  /* One pad tells enough; an atomic would be needed for more. */
  if (g_str_has_prefix (GST_PAD_NAME (pad), "audio"))
    gst_pad_add_probe (end, GST_PAD_PROBE_TYPE_BUFFER, note_time, NULL, NULL);
  gst_bin_add (pipeline, sink);
  gst_element_sync_state_with_parent (sink);
  gst_pad_link (pad, end);
  gst_object_unref (end);
}

static void
set_cache (GstElement * decoder, GstElement * source, gpointer data)
{
  const gchar *folder = g_getenv ("HLS_CACHE");

  (void) decoder, (void) data;
  if (folder != NULL && g_object_class_find_property (G_OBJECT_GET_CLASS (source), "cache-location"))
    g_object_set (source, "cache-location", folder, NULL);
}

static gboolean
stop (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_REMOVE;
}

static gboolean
watch (GstBus * bus, GstMessage * message, gpointer loop)
{
  (void) bus;
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    GError *error = NULL;
    gst_message_parse_error (message, &error, NULL);
    g_printerr ("%s\n", error->message);
    exit (1);
  }
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
    g_main_loop_quit (loop);
  return G_SOURCE_CONTINUE;
}

static long
peak (void)
{
  gchar *status = NULL;
  long kib = 0;

  if (g_file_get_contents ("/proc/self/status", &status, NULL, NULL)) {
    const gchar *line = strstr (status, "VmHWM:");
    kib = line != NULL ? atol (line + 6) : 0;
  }
  g_free (status);
  return kib;
}

/* In the notation of gst-launch; ends the program where there is no such element. */
static GstElement *
make (const gchar * text)
{
  GError *error = NULL;
  GstElement *element = gst_parse_launch (text, &error);

  if (element == NULL || error != NULL) {
    g_printerr ("%s\n", error ? error->message : "no element");
    exit (1);
  }
  return element;
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  if (argc < 4) {
    g_printerr ("usage: hls URL PIPELINES SECONDS [SOURCE [ELEMENT]]\n");
    return 2;
  }
  loop = g_main_loop_new (NULL, FALSE);
  int count = atoi (argv[2]), seconds = atoi (argv[3]);
  is_first_enough = seconds == 0;
  GstElement **pipelines = g_new0 (GstElement *, count);
  for (int i = 0; i < count; i++) {
    GstElement *pipeline = pipelines[i] = gst_pipeline_new (NULL);
    const gchar *text = argc > 4 && argv[4][0] != '\0' ? argv[4] : "souphttpsrc";
    GstElement *source = make (text), *end = source;
    GST_OBJECT_FLAG_SET (pipeline, GST_BIN_FLAG_STREAMS_AWARE);
    gst_bin_add (GST_BIN (pipeline), source);
    if (g_str_has_prefix (text, "uridecodebin3")) {
      g_object_set (source, "uri", argv[1], NULL);
      g_signal_connect (source, "source-setup", G_CALLBACK (set_cache), NULL);
    } else {
      end = gst_element_factory_make ("hlsdemux2", NULL);
      g_object_set (source, "location", argv[1], NULL);
      gst_bin_add (GST_BIN (pipeline), end);
      gst_element_link (source, end);
    }
    g_signal_connect (end, "pad-added", G_CALLBACK (end_in_a_sink), pipeline);
    if (argc > 5)
      gst_bin_add (GST_BIN (pipeline), make (argv[5]));
    GstBus *bus = gst_element_get_bus (pipeline);
    gst_bus_add_watch (bus, watch, loop);
    gst_object_unref (bus);
  }
  begin = g_get_monotonic_time ();
  for (int i = 0; i < count; i++)
    gst_element_set_state (pipelines[i], GST_STATE_PLAYING);
  g_timeout_add_seconds (is_first_enough ? 30 : seconds, stop, loop);
  g_main_loop_run (loop);
  g_print ("%ld %ld %ld\n", peak (), (long) (gap / 1000), (long) ((first - begin) / 1000));
  for (int i = 0; i < count; i++) {
    gst_element_set_state (pipelines[i], GST_STATE_NULL);
    gst_object_unref (pipelines[i]);
  }
  return 0;
}
