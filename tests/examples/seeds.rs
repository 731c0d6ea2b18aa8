//! Writes rule sets of random conditions into a folder, as seeds for fuzzing: `cargo run -p scopegate-tests --example seeds -- FOLDER COUNT`.

use std::fs;
use std::path::PathBuf;

use fastrand::Rng;
use scopegate_tests::oracle::{Generator, Requests, Samples, World, ready, requirements};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().expect("a folder"));
    let count: u64 = arguments
        .next()
        .map_or(20, |count| count.parse().expect("a count"));
    let world = World::new();
    let samples = Samples::of(&Requests::new(1).take(200).collect::<Vec<_>>());
    let mut generator = Generator::new(1, &world, &samples);
    fs::create_dir_all(&folder).expect("the folder can be made");
    for number in 0..count {
        let mut rng = Rng::with_seed(number);
        let rules = if number % 2 == 0 {
            let conditions: Vec<String> = (0..2).map(|_| generator.condition()).collect();
            ready(&world, &conditions, &mut rng)
        } else {
            let rules: Vec<_> = (0..2).map(|_| generator.rule()).collect();
            requirements(&world, &rules, &mut rng)
        };
        let (text, component) = (format!("{number}.toml"), format!("{number}.wasm"));
        let compiled = scopegate_compiler::compile(&rules).expect("every one compiles");
        fs::write(folder.join(text), &rules).expect("the folder can be written to");
        fs::write(folder.join(component), compiled.component)
            .expect("the folder can be written to");
    }
}
