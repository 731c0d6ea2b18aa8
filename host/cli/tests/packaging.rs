//! What is packaged runs the program as it is.

mod program;

use std::fs;

use program::{command, scopegate};

const UNIT: &str = include_str!("../packaging/scopegate.service");
const CONTAINER: &str = include_str!("../packaging/Containerfile");

/// What the unit says of `key`, once.
fn unit(key: &str) -> &'static str {
    let mut values = UNIT
        .lines()
        .filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    let value = values.next().unwrap_or_else(|| panic!("{key}"));
    assert_eq!(values.next(), None, "{key}");
    value
}

#[test]
fn the_unit_starts_the_program_with_flags_that_it_takes_and_folders_that_it_may_write_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("scopegate.toml");
    let written = scopegate(&["serve", "--print-config"], b"").stdout;
    fs::write(&file, written).expect("a file");
    let line = unit("ExecStart").replace(
        "/etc/scopegate/scopegate.toml",
        file.to_str().expect("a path"),
    );
    let mut words: Vec<_> = line.split(' ').collect();
    assert_eq!(words.remove(0), "/usr/local/bin/scopegate");
    words.push("--print-config");
    let run = scopegate(&words, b"");
    assert_eq!(run.code, 0, "{}", run.stderr);
    for (key, at, value) in [
        ("StateDirectory", "store", "/var/lib"),
        ("LogsDirectory", "folder", "/var/log"),
        ("CacheDirectory", "cache", "/var/cache"),
    ] {
        let expected = format!("{at} = \"{value}/{}\"", unit(key));
        assert!(
            run.stdout.lines().any(|line| line == expected),
            "{expected}\n{}",
            run.stdout
        );
    }
}

#[test]
fn the_image_configures_the_program_by_names_that_it_knows() {
    let named = CONTAINER.split(|it: char| it.is_whitespace() || it == '\\');
    let named: Vec<_> = named.filter_map(|word| word.split_once('=')).collect();
    let variables: Vec<_> = named
        .iter()
        .filter(|(name, _)| name.starts_with("SCOPEGATE_"))
        .collect();
    assert_eq!(variables.len(), 2, "{named:?}");
    let mut command = command(&["serve", "--print-config"]);
    for (name, value) in &variables {
        command.env(name, value);
    }
    let output = command.output().expect("it runs");
    let printed = String::from_utf8(output.stdout).expect("text");
    for (name, value) in variables {
        let key = name.trim_start_matches("SCOPEGATE_").to_lowercase();
        let expected = format!("{key} = \"{value}\"");
        assert!(
            printed.lines().any(|line| line == expected),
            "{expected}\n{printed}"
        );
    }
    let version = include_str!("../../../Cargo.toml")
        .lines()
        .find_map(|line| line.strip_prefix("rust-version = "));
    let image = format!(
        "rust:{}-slim",
        version.expect("a version").trim_matches('"')
    );
    assert!(CONTAINER.contains(&image), "{image}");
}
