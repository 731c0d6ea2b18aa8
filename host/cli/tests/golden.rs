//! Runs the program as the files in `golden/` show it. `TRYCMD=overwrite` writes what it says now.

#[test]
fn the_program_answers_as_its_golden_files_show() {
    trycmd::TestCases::new()
        .register_bin(
            "scopegate",
            std::path::Path::new(env!("CARGO_BIN_EXE_scopegate")),
        )
        .env("NO_COLOR", "1")
        .case("tests/golden/*.md");
}
