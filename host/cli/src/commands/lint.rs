//! `scopegate lint`: what in a rule set has no effect.
//!
//! Always true here: an exit of 0 says that the compiler had nothing to say.

use std::io::Write as _;

use crate::arguments::Lint;
use crate::base;
use crate::exit::Exit;
use crate::output;
use crate::policy::Rules;

impl Lint {
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        let mut exit = Exit::Done;
        let mut out = output::people();
        for path in &self.rules {
            let rules = match Rules::read(path) {
                Ok(rules) => rules,
                Err(error) => {
                    output::error(&format!("{error:#}"));
                    exit.note(Exit::Failed);
                    continue;
                }
            };
            rules.warn();
            base::changes(&mut out, &rules.source)?;
            let count = rules.set.warnings().list.len();
            if count > 0 {
                exit.note(Exit::Failed);
            }
            let found = match count {
                0 => "nothing to report".to_owned(),
                1 => "1 warning".to_owned(),
                _ => format!("{count} warnings"),
            };
            writeln!(out, "{}: {found}", rules.file.display())?;
            out.flush()?;
        }
        Ok(exit)
    }
}
