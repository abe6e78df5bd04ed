// SPDX-License-Identifier: MPL-2.0
//! Makes the code that registers every plugin of `plugins/plugins.txt`.
use std::{env, fs, path::Path};

const LIST: &str = "../plugins/plugins.txt";

fn main() {
    println!("cargo::rerun-if-changed={LIST}");
    let list = fs::read_to_string(LIST).expect("plugins/plugins.txt is readable");
    let names: Vec<&str> = list.split_whitespace().collect();
    let calls: String = names
        .iter()
        .map(|name| format!("    gst{name}::plugin_register_static()?;\n"))
        .collect();
    let code = format!(
        "/// Every plugin, as `plugins/plugins.txt` lists them.\n\
         pub const PLUGINS: &[&str] = &{names:?};\n\n\
         fn register() -> Result<(), gst::glib::BoolError> {{\n{calls}    Ok(())\n}}\n"
    );
    let out = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join("plugins.rs"), code).expect("OUT_DIR is writable");
    let target = env::var("TARGET").expect("cargo sets TARGET");
    println!("cargo::rustc-env=TEST_TARGET={target}");
}
