/* SPDX-License-Identifier: MPL-2.0
 *
 * Counts what elements allocate, in this process and without a scheduler: buffers are pushed into
 * the element from here. malloc and its kin are interposed, so that GLib's allocations count as well
 * as those of a plugin written in any language.
 *
 *   G_SLICE=always-malloc alloc FILE
 *
 * FILE holds one check per line, the element, or several in a row, in the notation of gst-launch:
 *
 *   steady ELEMENT         no allocation per buffer beyond those of `identity`
 *   filter ELEMENT         the same beyond those of `volume`, which writes to buffers as well
 *   sweep PROPERTY ELEMENT the same while a property of its first child goes from -12 to 12 and back,
 *                          which is not counted, nor what a message about that takes
 *   live PROPERTY ELEMENT  the same, on the thread that pushes alone: others may make what comes next
 *   crowd ELEMENT          as filter, with 64 channels
 *   day BYTES ELEMENT      at most so many bytes more after a day of audio than after its first second
 *   hour BYTES ELEMENT     at most so many bytes more after an hour than after ten minutes
 *
 * Each is made with S16 and F32 at 48 kHz, stereo unless said otherwise.
 */
#include <gst/gst.h>
#include <malloc.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RATE 48000
#define CHANNELS 2
#define CROWD 64

static gint channels = CHANNELS;

/* What was allocated since the program began, by any thread. */
static guint64 calls;
static gint64 held;
/* How often this thread did. */
static __thread guint64 own_calls;

extern void *__libc_malloc (size_t size);
extern void *__libc_calloc (size_t count, size_t size);
extern void *__libc_realloc (void *memory, size_t size);
extern void *__libc_memalign (size_t alignment, size_t size);
extern void __libc_free (void *memory);

static void *
note (void *memory)
{
  own_calls++;
  __atomic_add_fetch (&calls, 1, __ATOMIC_RELAXED);
  __atomic_add_fetch (&held, malloc_usable_size (memory), __ATOMIC_RELAXED);
  return memory;
}

static void
forget (void *memory)
{
  __atomic_sub_fetch (&held, malloc_usable_size (memory), __ATOMIC_RELAXED);
}

void *
malloc (size_t size)
{
  return note (__libc_malloc (size));
}

void *
calloc (size_t count, size_t size)
{
  return note (__libc_calloc (count, size));
}

void *
realloc (void *memory, size_t size)
{
  forget (memory);
  return note (__libc_realloc (memory, size));
}

void *
memalign (size_t alignment, size_t size)
{
  return note (__libc_memalign (alignment, size));
}

void *
aligned_alloc (size_t alignment, size_t size)
{
  return note (__libc_memalign (alignment, size));
}

int
posix_memalign (void **memory, size_t alignment, size_t size)
{
  *memory = note (__libc_memalign (alignment, size));
  return *memory == NULL ? ENOMEM : 0;
}

void
free (void *memory)
{
  forget (memory);
  __libc_free (memory);
}

static void
fail (const char *what, const char *why)
{
  g_printerr ("alloc: %s: %s\n", what, why);
  exit (1);
}

/* An element between two pads. */
typedef struct
{
  GstElement *element;
  GstBus *bus;
  GstPad *source, *sink;
  gboolean floats;
  guint64 position;
  guint64 messages;
} Rig;

static GstFlowReturn
drop_buffer (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  (void) pad, (void) parent;
  gst_buffer_unref (buffer);
  return GST_FLOW_OK;
}

static GstBusSyncReply
count_message (GstBus * bus, GstMessage * message, gpointer rig)
{
  (void) bus;
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    fail ("element", "posts an error");
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT)
    ((Rig *) rig)->messages++;
  gst_message_unref (message);
  return GST_BUS_DROP;
}

static Rig *
open_rig (const char *launch, gboolean floats)
{
  Rig *rig = g_new0 (Rig, 1);
  GError *error = NULL;
  GstSegment segment;
  GstPad *pad;

  rig->floats = floats;
  /* Several elements become a bin with the pads that are left over. */
  rig->element = strchr (launch, '!')
      ? gst_parse_bin_from_description (launch, TRUE, &error)
      : gst_parse_launch (launch, &error);
  if (rig->element == NULL || error != NULL)
    fail (launch, error ? error->message : "not an element");
  rig->bus = gst_bus_new ();
  gst_bus_set_sync_handler (rig->bus, count_message, rig, NULL);
  gst_element_set_bus (rig->element, rig->bus);
  rig->source = gst_pad_new ("source", GST_PAD_SRC);
  rig->sink = gst_pad_new ("sink", GST_PAD_SINK);
  gst_pad_set_chain_function (rig->sink, drop_buffer);
  pad = gst_element_get_static_pad (rig->element, "sink");
  gst_pad_link (rig->source, pad);
  gst_object_unref (pad);
  pad = gst_element_get_static_pad (rig->element, "src");
  gst_pad_link (pad, rig->sink);
  gst_object_unref (pad);
  gst_pad_set_active (rig->source, TRUE);
  gst_pad_set_active (rig->sink, TRUE);
  gst_element_set_state (rig->element, GST_STATE_PLAYING);

  gst_pad_push_event (rig->source, gst_event_new_stream_start ("alloc"));
  GstCaps *caps = gst_caps_new_simple ("audio/x-raw",
      "format", G_TYPE_STRING, floats ? "F32LE" : "S16LE",
      "layout", G_TYPE_STRING, "interleaved", "rate", G_TYPE_INT, RATE,
      "channels", G_TYPE_INT, channels, "channel-mask", GST_TYPE_BITMASK,
      channels == CHANNELS ? (guint64) 3 : (guint64) 0, NULL);
  gst_pad_push_event (rig->source, gst_event_new_caps (caps));
  gst_caps_unref (caps);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (rig->source, gst_event_new_segment (&segment));
  return rig;
}

static void
close_rig (Rig * rig)
{
  gst_element_set_state (rig->element, GST_STATE_NULL);
  gst_element_set_bus (rig->element, NULL);
  gst_bus_set_sync_handler (rig->bus, NULL, NULL, NULL);
  gst_object_unref (rig->element);
  gst_object_unref (rig->source);
  gst_object_unref (rig->sink);
  gst_object_unref (rig->bus);
  g_free (rig);
}

/* A second of noise, at a quarter of full scale. */
static gpointer
noise (gboolean floats)
{
  static gfloat as_float[RATE * CHANNELS];
  static gint16 as_int[RATE * CHANNELS];

  if (as_int[0] == 0) {
    guint32 state = 1;
    for (guint i = 0; i < G_N_ELEMENTS (as_int); i++) {
      state = state * 1664525u + 1013904223u;
      as_int[i] = (gint16) (state >> 16) / 4 | 1;
      as_float[i] = as_int[i] / 32768.0f;
    }
  }
  return floats ? (gpointer) as_float : (gpointer) as_int;
}

/* Pushes buffers of `frames` frames, at most a second each. */
static void
push (Rig * rig, guint64 buffers, guint frames)
{
  gsize size = (gsize) frames * channels * (rig->floats ? 4 : 2);

  for (guint64 i = 0; i < buffers; i++) {
    GstBuffer *buffer = gst_buffer_new_wrapped_full (GST_MEMORY_FLAG_READONLY,
        noise (rig->floats), size, 0, size, NULL, NULL);
    GstClockTime start =
        gst_util_uint64_scale (rig->position, GST_SECOND, RATE);
    rig->position += frames;
    GST_BUFFER_PTS (buffer) = start;
    GST_BUFFER_DURATION (buffer) =
        gst_util_uint64_scale (rig->position, GST_SECOND, RATE) - start;
    if (gst_pad_push (rig->source, buffer) != GST_FLOW_OK)
      fail ("push", "refused");
  }
}

/* Allocations of 5000 buffers. What an element keeps per block comes in large pieces: these 110 s
 * end before its first one does. */
static guint64
allocations (const char *launch, gboolean floats)
{
  Rig *rig = open_rig (launch, floats);
  guint64 before, during;

  push (rig, 100, 1024);
  before = calls;
  push (rig, 5000, 1024);
  during = calls - before;
  close_rig (rig);
  return during;
}

static gboolean
check_steady (const char *launch, gboolean floats, gint64 most)
{
  gint64 net = allocations (launch, floats) - allocations ("identity", floats);

  (void) most;
  g_print ("%" G_GINT64_FORMAT " allocations in 5000 buffers", net);
  return net <= 0;
}

static gboolean
check_filter (const char *launch, gboolean floats, gint64 most)
{
  gint64 net =
      allocations (launch, floats) - allocations ("volume volume=0.5", floats);

  (void) most;
  g_print ("%" G_GINT64_FORMAT " allocations in 5000 buffers", net);
  return net <= 0;
}

static gboolean
check_crowd (const char *launch, gboolean floats, gint64 most)
{
  channels = CROWD;
  gboolean good = check_filter (launch, floats, most);
  channels = CHANNELS;
  return good;
}

/* What one message with a structure of a few fields takes. */
#define PER_MESSAGE 8

static gboolean
sweep (const char *launch, gboolean floats, gboolean own)
{
  gchar **words = g_strsplit (launch, " ", 2);
  gchar *property = g_strdup_printf ("band0::%s", words[0]);
  Rig *rig = open_rig (words[1], floats);
  guint64 before = 0, during = 0, messages = 0;

  for (guint i = 0; i < 5400; i++) {
    guint step = i % 200;
    gst_child_proxy_set (GST_CHILD_PROXY (rig->element), property,
        0.24 * (step < 100 ? step : 200 - step) - 12, NULL);
    /* After the first time to and fro. */
    if (i == 400) {
      during = 0;
      messages = rig->messages;
    }
    before = own ? own_calls : calls;
    push (rig, 1, 1024);
    during += (own ? own_calls : calls) - before;
  }
  messages = rig->messages - messages;
  close_rig (rig);
  g_free (property);
  g_strfreev (words);
  gint64 net = during - allocations ("volume volume=0.5", floats);
  g_print ("%" G_GINT64_FORMAT " allocations in 5000 buffers and %"
      G_GUINT64_FORMAT " messages", net, messages);
  return net <= (gint64) messages * PER_MESSAGE;
}

static gboolean
check_sweep (const char *launch, gboolean floats, gint64 most)
{
  (void) most;
  return sweep (launch, floats, FALSE);
}

static gboolean
check_live (const char *launch, gboolean floats, gint64 most)
{
  (void) most;
  return sweep (launch, floats, TRUE);
}

static gboolean
check_day (const char *launch, gboolean floats, gint64 most)
{
  Rig *rig = open_rig (launch, floats);
  gint64 before, more;

  push (rig, 1, RATE);
  before = held;
  push (rig, 24 * 3600 - 1, RATE);
  more = held - before;
  close_rig (rig);
  g_print ("%" G_GINT64_FORMAT " bytes more after a day", more);
  return more <= most;
}

static gboolean
check_hour (const char *launch, gboolean floats, gint64 most)
{
  Rig *rig = open_rig (launch, floats);
  guint64 messages;
  gint64 before, more;

  push (rig, 600 * 100, RATE / 100);
  before = held;
  push (rig, 3000 * 100, RATE / 100);
  more = held - before;
  messages = rig->messages;
  close_rig (rig);
  g_print ("%" G_GINT64_FORMAT " bytes more after an hour and %" G_GUINT64_FORMAT
      " messages", more, messages);
  return more <= most;
}

/* Makes the check of a line; FALSE if it fails. */
static gboolean
check (const char *line)
{
  static const struct
  {
    const char *name;
    gboolean limited;
    gboolean (*check) (const char *, gboolean, gint64);
  } checks[] = {
    {"steady ", FALSE, check_steady},
    {"filter ", FALSE, check_filter},
    {"sweep ", FALSE, check_sweep},
    {"live ", FALSE, check_live},
    {"crowd ", FALSE, check_crowd},
    {"day ", TRUE, check_day},
    {"hour ", TRUE, check_hour},
  };
  gboolean good = TRUE;

  for (guint i = 0; i < G_N_ELEMENTS (checks); i++) {
    if (!g_str_has_prefix (line, checks[i].name))
      continue;
    char *launch = (char *) line + strlen (checks[i].name);
    gint64 most = checks[i].limited ? g_ascii_strtoll (launch, &launch, 10) : 0;
    for (gboolean floats = FALSE; floats <= TRUE; floats++) {
      g_print ("%s, %s: ", line, floats ? "F32" : "S16");
      gboolean passed = checks[i].check (launch, floats, most);
      g_print ("%s\n", passed ? "" : "  TOO MUCH");
      good = good && passed;
    }
    return good;
  }
  fail (line, "no check");
  return FALSE;
}

int
main (int argc, char **argv)
{
  gchar *text = NULL;
  GError *error = NULL;
  gboolean good = TRUE;
  guint64 before;

  gst_init (&argc, &argv);
  if (argc != 2)
    fail ("usage", "alloc FILE");
  before = calls;
  g_free (g_malloc (1));
  g_slice_free1 (16, g_slice_alloc (16));
  if (calls != before + 2)
    fail ("interposition", "not every allocation is seen; is G_SLICE=always-malloc set?");
  if (!g_file_get_contents (argv[1], &text, NULL, &error))
    fail (argv[1], error->message);
  gchar **lines = g_strsplit (text, "\n", -1);
  for (gchar ** line = lines; *line != NULL; line++)
    if (**line != '\0' && **line != '#')
      good = check (*line) && good;
  g_strfreev (lines);
  g_free (text);
  return good ? 0 : 1;
}
