/* SPDX-License-Identifier: MPL-2.0
 *
 * What elements cost: noise is pushed through each of them in this process, in turn, and the CPU time
 * of the pushing thread is taken. No bus thread wakes up, no scheduler is in between. Buffers are
 * writable, so that what works in place does; making them is not counted.
 *
 *   push [--format F32LE] [--rate 48000] [--channels 2] [--frames 1024] [--seconds 600] [--rounds 7]
 *        [--keep FACTORY=NAME] [--load FILE] ELEMENT …
 *
 * The first ELEMENT (in the notation of gst-launch) is what is subtracted from the others, usually
 * `identity`; the second is the peer that the others are compared with. Prints a Markdown table of
 * minima over the rounds, net of the first.
 *
 * Two elements of one name are compared so: --keep gives the one that is found another name, and
 * --load then loads the file of the other.
 *
 *   cc -O2 -o push push.c $(pkg-config --cflags --libs gstreamer-1.0)
 */
#include <gst/gst.h>
#include <stdlib.h>
#include <time.h>

static gchar *format = NULL;
static gchar *keep = NULL, *load = NULL;
static gint rate = 48000, channels = 2, frames = 1024, seconds = 600, rounds = 7;

/* Formats it can push. */
typedef enum { S16, F32, F64 } Kind;
static const gsize widths[] = { sizeof (gint16), sizeof (gfloat), sizeof (gdouble) };

/* Buffers made, then pushed, at a time: few, so that they are still in the cache, as they are when an
 * element upstream has just written them. */
#define BATCH 4

static const GOptionEntry options[] = {
  {"format", 0, 0, G_OPTION_ARG_STRING, &format, "F32LE, F64LE or S16LE", "NAME"},
  {"rate", 0, 0, G_OPTION_ARG_INT, &rate, "Sample rate", "HZ"},
  {"channels", 0, 0, G_OPTION_ARG_INT, &channels, "Channels", "N"},
  {"frames", 0, 0, G_OPTION_ARG_INT, &frames, "Frames per buffer", "N"},
  {"seconds", 0, 0, G_OPTION_ARG_INT, &seconds, "Audio per round", "N"},
  {"rounds", 0, 0, G_OPTION_ARG_INT, &rounds, "Times each is run", "N"},
  {"keep", 0, 0, G_OPTION_ARG_STRING, &keep, "Register an element under another name", "FACTORY=NAME"},
  {"load", 0, 0, G_OPTION_ARG_FILENAME, &load, "Load a plugin after that", "FILE"},
  {NULL, 0, 0, 0, NULL, NULL, NULL}
};

static void
fail (const char *what, const char *why)
{
  g_printerr ("push: %s: %s\n", what, why);
  exit (1);
}

static double
thread_seconds (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return (double) now.tv_sec + (double) now.tv_nsec * 1e-9;
}

static GstFlowReturn
drop_buffer (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  (void) pad, (void) parent;
  gst_buffer_unref (buffer);
  return GST_FLOW_OK;
}

static GstBusSyncReply
drop_message (GstBus * bus, GstMessage * message, gpointer data)
{
  (void) bus, (void) data;
  gst_message_unref (message);
  return GST_BUS_DROP;
}

/* Noise at a quarter of full scale, enough that no element can keep it in a small cache. */
static guint8 *
noise (gsize samples, Kind kind)
{
  guint8 *bytes = g_malloc (samples * widths[kind]);
  guint32 state = 1;

  for (gsize i = 0; i < samples; i++) {
    state = state * 1664525u + 1013904223u;
    gint16 value = (gint16) (state >> 16) / 4;
    if (kind == F32)
      ((gfloat *) bytes)[i] = value / 32768.0f;
    else if (kind == F64)
      ((gdouble *) bytes)[i] = value / 32768.0;
    else
      ((gint16 *) bytes)[i] = value;
  }
  return bytes;
}

/* CPU seconds for one round through `launch`. */
static double
run (const char *launch, const guint8 * bytes, Kind kind)
{
  GError *error = NULL;
  GstElement *element = gst_parse_bin_from_description (launch, TRUE, &error);
  if (element == NULL || error != NULL)
    fail (launch, error ? error->message : "not an element");
  gst_object_ref_sink (element);

  GstBus *bus = gst_bus_new ();
  gst_bus_set_sync_handler (bus, drop_message, NULL, NULL);
  gst_element_set_bus (element, bus);
  GstPad *source = gst_pad_new ("source", GST_PAD_SRC);
  GstPad *sink = gst_pad_new ("sink", GST_PAD_SINK);
  gst_pad_set_chain_function (sink, drop_buffer);
  GstPad *in = gst_element_get_static_pad (element, "sink");
  GstPad *out = gst_element_get_static_pad (element, "src");
  if (gst_pad_link (source, in) != GST_PAD_LINK_OK
      || gst_pad_link (out, sink) != GST_PAD_LINK_OK)
    fail (launch, "does not take part");
  gst_pad_set_active (source, TRUE);
  gst_pad_set_active (sink, TRUE);
  gst_element_set_state (element, GST_STATE_PLAYING);

  GstSegment segment;
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (source, gst_event_new_stream_start ("push"));
  GstCaps *caps = gst_caps_new_simple ("audio/x-raw",
      "format", G_TYPE_STRING, format, "layout", G_TYPE_STRING, "interleaved",
      "rate", G_TYPE_INT, rate, "channels", G_TYPE_INT, channels, NULL);
  if (channels > 1)
    gst_caps_set_simple (caps, "channel-mask", GST_TYPE_BITMASK,
        channels == 2 ? (guint64) 3 : (guint64) 0, NULL);
  gst_pad_push_event (source, gst_event_new_caps (caps));
  gst_pad_push_event (source, gst_event_new_segment (&segment));

  gsize size = (gsize) frames * channels * widths[kind];
  guint64 count = (guint64) seconds * rate / frames, period = 10 * (guint64) rate / frames;
  double took = 0;
  for (guint64 first = 0; first < count; first += BATCH) {
    GstBuffer *batch[BATCH];
    guint64 many = MIN (BATCH, count - first);
    for (guint64 i = 0; i < many; i++) {
      guint64 at = (first + i) * frames;
      batch[i] = gst_buffer_new_allocate (NULL, size, NULL);
      /* Of ten seconds of noise, over and over. */
      gst_buffer_fill (batch[i], 0, bytes + (first + i) % period * size, size);
      GST_BUFFER_PTS (batch[i]) = gst_util_uint64_scale (at, GST_SECOND, rate);
      GST_BUFFER_DURATION (batch[i]) =
          gst_util_uint64_scale (at + frames, GST_SECOND, rate) - GST_BUFFER_PTS (batch[i]);
    }
    double began = thread_seconds ();
    for (guint64 i = 0; i < many; i++)
      if (gst_pad_push (source, batch[i]) != GST_FLOW_OK)
        fail (launch, "refuses a buffer");
    took += thread_seconds () - began;
  }

  gst_element_set_state (element, GST_STATE_NULL);
  gst_element_set_bus (element, NULL);
  gst_caps_unref (caps);
  gst_object_unref (in);
  gst_object_unref (out);
  gst_object_unref (source);
  gst_object_unref (sink);
  gst_object_unref (element);
  gst_object_unref (bus);
  return took;
}

/* Registers the element that is found as FACTORY as NAME too, whoever takes its place later. */
static void
keep_element (const char *assignment)
{
  gchar **names = g_strsplit (assignment, "=", 2);
  GstElementFactory *factory = gst_element_factory_find (names[0]);
  if (factory == NULL || names[1] == NULL)
    fail (assignment, "no such element, or no name for it");
  GstPluginFeature *loaded = gst_plugin_feature_load (GST_PLUGIN_FEATURE (factory));
  if (loaded == NULL || !gst_element_register (NULL, names[1], GST_RANK_NONE,
          gst_element_factory_get_element_type (GST_ELEMENT_FACTORY (loaded))))
    fail (assignment, "cannot be loaded");
  /* The registry knows one plugin per file name, and would say that this one is loaded already. */
  GstPlugin *plugin = gst_plugin_feature_get_plugin (loaded);
  if (plugin != NULL) {
    gst_registry_remove_plugin (gst_registry_get (), plugin);
    gst_object_unref (plugin);
  }
  gst_object_unref (loaded);
  gst_object_unref (factory);
  g_strfreev (names);
}

int
main (int argc, char **argv)
{
  GError *error = NULL;
  GOptionContext *context = g_option_context_new ("ELEMENT …");

  g_option_context_add_main_entries (context, options, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, &argc, &argv, &error))
    fail ("options", error->message);
  g_option_context_free (context);
  if (format == NULL)
    format = g_strdup ("F32LE");
  Kind kind = g_str_equal (format, "F32LE") ? F32 : g_str_equal (format, "F64LE") ? F64 : S16;
  if (kind == S16 && !g_str_equal (format, "S16LE"))
    fail (format, "only F32LE, F64LE and S16LE");
  if (argc < 3 || frames < 1 || channels < 1 || rounds < 1 || seconds < 1 || 10 * rate < frames)
    fail ("usage", "two elements or more; see --help");

  if (keep != NULL)
    keep_element (keep);
  if (load != NULL) {
    GstPlugin *plugin = gst_plugin_load_file (load, &error);
    if (plugin == NULL)
      fail (load, error->message);
    gst_object_unref (plugin);
  }

  int count = argc - 1;
  double *least = g_new (double, count);
  guint8 *bytes = noise (10 * (gsize) rate * channels, kind);
  for (int round = 0; round < rounds; round++)
    for (int i = 0; i < count; i++) {
      double took = run (argv[1 + i], bytes, kind);
      if (round == 0 || took < least[i])
        least[i] = took;
    }

  double hours = seconds / 3600.0, peer = least[1] - least[0];
  g_print ("%s, %d channels, %d Hz, %d frames per buffer; `%s` alone: %.4f CPU s per hour\n\n"
      "| Element | CPU s per hour of audio | Ratio to the first | The first over it |\n"
      "|---|---|---|---|\n",
      format, channels, rate, frames, argv[1], least[0] / hours);
  for (int i = 1; i < count; i++) {
    double net = least[i] - least[0];
    /* Forty bands do not fit into a table. */
    const gchar *launch = argv[1 + i];
    const gchar *dots = g_utf8_strlen (launch, -1) > 60 ? "…" : "";
    g_print ("| `%.60s%s` | %.4f | %.4f | %.1f |\n", launch, dots, net / hours, net / peer, peer / net);
  }
  g_free (least);
  g_free (bytes);
  g_free (format);
  return 0;
}
