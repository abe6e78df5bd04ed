/* SPDX-License-Identifier: MPL-2.0
 *
 * Registers the plugin that it was linked with (-DPLUGIN=name) and makes each of its elements.
 */
#include <gst/gst.h>

#define NAME_OF(plugin) #plugin
#define NAME(plugin) NAME_OF (plugin)
#define DECLARE(plugin) GST_PLUGIN_STATIC_DECLARE (plugin)
#define REGISTER(plugin) GST_PLUGIN_STATIC_REGISTER (plugin)

DECLARE (PLUGIN);

int
main (int argc, char **argv)
{
  int made = 0;

  gst_init (&argc, &argv);
  REGISTER (PLUGIN);
  GList *features = gst_registry_get_feature_list_by_plugin (gst_registry_get (),
      NAME (PLUGIN));
  for (GList * f = features; f != NULL; f = f->next) {
    if (!GST_IS_ELEMENT_FACTORY (f->data))
      continue;
    GstElement *element = gst_element_factory_create (f->data, NULL);
    if (element == NULL)
      return 1;
    gst_object_unref (element);
    made++;
  }
  gst_plugin_feature_list_free (features);
  g_print (NAME (PLUGIN) ": %d elements made\n", made);
  return made == 0;
}
