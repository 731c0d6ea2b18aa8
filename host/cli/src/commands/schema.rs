//! `scopegate schema`.

use std::io::Write as _;

use crate::arguments::{Described, Schema};
use crate::exit::Exit;
use crate::output;
use crate::schema;

impl Schema {
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        let text = match self.what {
            Described::Request => schema::text(&schema::request()),
            Described::Decision => schema::text(&schema::decision()),
            Described::Policy => schema::POLICY.to_owned(),
        };
        let mut out = output::data();
        out.write_all(text.as_bytes())?;
        out.flush()?;
        Ok(Exit::Done)
    }
}
