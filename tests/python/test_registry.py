# SPDX-License-Identifier: MPL-2.0
"""Whose `spectrum` an application gets: ours while its folder is searched, GStreamer's otherwise."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

# A process of its own for every question: its type is what says whose element it is.
ASK = """
import gi
gi.require_version("Gst", "1.0")
from gi.repository import Gst
Gst.init(None)
element = Gst.ElementFactory.make("spectrum")
alias = Gst.ElementFactory.make("aurisspectrum")
print(element.__gtype__.name if element else None, alias.__gtype__.name if alias else None)
"""
OURS = "GstSPECTRUM GstSPECTRUM"
THEIRS = "GstSpectrum None"
FILE = "libgstspectrum.so"


class WhoseSpectrum(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        Gst.init(None)
        registry = Gst.Registry.get()
        cls.ours = Path(registry.find_plugin("spectrum").get_filename())
        system = Path(registry.find_plugin("coreelements").get_filename()).parent
        cls.theirs, cls.core = system / FILE, system / "libgstcoreelements.so"
        # Beside the folder of the plugins, as Meson builds it.
        cls.farm = cls.ours.resolve().parents[1] / "examples" / "auris-farm"
        if not cls.theirs.exists():
            raise unittest.SkipTest("gst-plugins-good is not installed")

    def setUp(self):
        home = tempfile.TemporaryDirectory()
        self.addCleanup(home.cleanup)
        self.home = Path(home.name)
        for folder, files in {"ours": [self.ours], "system": [self.theirs, self.core]}.items():
            (self.home / folder).mkdir()
            for file in files:
                (self.home / folder / file.name).symlink_to(file)
        self.registries = 0

    def registry(self):
        """Name a registry that does not exist yet."""
        self.registries += 1
        return self.home / f"registry-{self.registries}"

    def ask(self, registry, path=(), system=("system",)):
        """Say what a process finds that has this registry and searches these folders."""
        return self.run_with([sys.executable, "-c", ASK], registry, path, system).strip()

    def doctor(self, registry, path=()):
        """What `auris-farm doctor` says of it."""
        said = self.run_with([str(self.farm), "doctor"], registry, path, fails=True)
        lines = [line.split(None, 1) for line in said.splitlines() if line.strip()]
        found = [line[1] for line in lines if line[0] == "spectrum" and len(line) == 2]
        self.assertEqual(len(found), 1, said)
        return found[0]

    def run_with(self, command, registry, path=(), system=("system",), fails=False):
        folders = [":".join(str(self.home / name) for name in names) for names in (path, system)]
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("GST_")},
            "GST_REGISTRY": str(registry),
            "GST_PLUGIN_PATH": folders[0],
            "GST_PLUGIN_SYSTEM_PATH": folders[1],
        }
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
        # With so few plugins, the doctor has something to complain of.
        if not fails:
            self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_this_process_has_ours(self):
        self.assertEqual(Gst.ElementFactory.make("spectrum").__gtype__.name, "GstSPECTRUM")

    def test_a_fresh_registry_finds_ours_first(self):
        self.assertEqual(self.ask(self.registry(), path=["ours"]), OURS)
        self.assertEqual(self.ask(self.registry()), THEIRS)

    def test_ours_comes_and_goes_with_its_folder_in_one_registry(self):
        registry = self.registry()
        for _ in range(2):
            self.assertEqual(self.ask(registry), THEIRS)
            self.assertEqual(self.ask(registry, path=["ours"]), OURS)
            # From the cache.
            self.assertEqual(self.ask(registry, path=["ours"]), OURS)

    def test_it_goes_as_well_where_it_was_found_first(self):
        registry = self.registry()
        self.assertEqual(self.ask(registry, path=["ours"]), OURS)
        self.assertEqual(self.ask(registry), THEIRS)

    def test_a_file_that_is_deleted_gives_theirs_back(self):
        registry = self.registry()
        self.assertEqual(self.ask(registry, path=["ours"]), OURS)
        (self.home / "ours" / FILE).unlink()
        self.assertEqual(self.ask(registry, path=["ours"]), THEIRS)

    def test_the_folder_of_the_user_comes_before_that_of_the_system(self):
        # As GStreamer searches where GST_PLUGIN_SYSTEM_PATH is not set.
        registry = self.registry()
        self.assertEqual(self.ask(registry, system=["ours", "system"]), OURS)
        self.assertEqual(self.ask(registry), THEIRS)
        self.assertEqual(self.ask(registry, system=["ours", "system"]), OURS)

    def test_the_doctor_says_whose_it_is(self):
        self.assertTrue(self.farm.exists(), f"{self.farm} is not built")
        registry = self.registry()
        # A fresh registry; one that has theirs, and has ours by now; from the cache; and without the folder.
        for path, who in [((), "GStreamer's, "), (["ours"], "ours, "), (["ours"], "ours, "), ((), "GStreamer's, ")]:
            said = self.doctor(registry, path)
            self.assertTrue(said.startswith(who), said)
            folder = "ours" if path else "system"
            self.assertIn(str(self.home / folder / FILE), said)
            self.assertEqual(self.ask(registry, path), OURS if path else THEIRS)
        (self.home / "system" / FILE).unlink()
        self.assertTrue(self.doctor(self.registry()).startswith("none; "))

    def test_a_program_without_theirs_has_ours(self):
        (self.home / "system" / FILE).unlink()
        self.assertEqual(self.ask(self.registry(), path=["ours"]), OURS)
        self.assertEqual(self.ask(self.registry()), "None None")


if __name__ == "__main__":
    unittest.main()
