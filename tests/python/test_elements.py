# SPDX-License-Identifier: MPL-2.0
"""What any application sees of any element: it is found, made, documented and configurable."""

import unittest
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GObject, Gst  # noqa: E402

PLUGINS = (Path(__file__).parents[2] / "plugins" / "plugins.txt").read_text().split()


def elements():
    """Yield one element of every factory of every plugin."""
    registry = Gst.Registry.get()
    for plugin in PLUGINS:
        features = registry.get_feature_list_by_plugin(plugin)
        if not features:
            raise AssertionError(f"{plugin} is not found: is GST_PLUGIN_PATH set?")
        for feature in features:
            if isinstance(feature, Gst.ElementFactory):
                yield feature.create(None)


class Elements(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        Gst.init(None)

    def test_every_plugin_says_who_it_is(self):
        for name in PLUGINS:
            with self.subTest(plugin=name):
                plugin = Gst.Registry.get().find_plugin(name)
                self.assertIsNotNone(plugin, "is GST_PLUGIN_PATH set?")
                self.assertEqual(plugin.get_license(), "MPL")
                self.assertTrue(plugin.get_description())

    def test_every_own_property_has_a_blurb_and_takes_its_default(self):
        checked = 0
        for element in elements():
            for spec in element.list_properties():
                if spec.owner_type != element.__gtype__:
                    continue
                with self.subTest(element=element.get_name(), property=spec.name):
                    self.assertTrue(spec.blurb)
                    if spec.flags & GObject.ParamFlags.READABLE:
                        value = element.get_property(spec.name)
                        # No strings at all are a list without any to Python, but None as a default.
                        if spec.value_type == GObject.TYPE_STRV:
                            value = value or None
                        self.assertEqual(value, spec.default_value)
                        if spec.flags & GObject.ParamFlags.WRITABLE:
                            element.set_property(spec.name, value)
                checked += 1
        self.assertGreater(checked, 0)


if __name__ == "__main__":
    unittest.main()
