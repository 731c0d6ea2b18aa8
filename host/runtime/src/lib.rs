//! Loads policy components and decides with them.
