//! Custom facts of a request, by name and type.
//!
//! Always true here: a declared fact of another type never gets here, since the request is an error.

use crate::export::contract::{AttributeValue, Request};

impl Request {
    /// The custom fact of that name, if the request has it.
    pub fn attribute(&self, name: &str) -> Option<&AttributeValue> {
        let mut attributes = self.attributes.iter();
        let found = attributes.find(|attribute| attribute.name == name)?;
        Some(&found.value)
    }

    /// The text of that name, if the request has it.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.attribute(name)? {
            AttributeValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The whole number of that name, if the request has it.
    pub fn number(&self, name: &str) -> Option<i64> {
        match self.attribute(name)? {
            AttributeValue::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The truth value of that name, if the request has it.
    pub fn truth(&self, name: &str) -> Option<bool> {
        match self.attribute(name)? {
            AttributeValue::Truth(truth) => Some(*truth),
            _ => None,
        }
    }

    /// The texts of that name, if the request has them.
    pub fn texts(&self, name: &str) -> Option<&[String]> {
        match self.attribute(name)? {
            AttributeValue::Texts(texts) => Some(texts),
            _ => None,
        }
    }
}
