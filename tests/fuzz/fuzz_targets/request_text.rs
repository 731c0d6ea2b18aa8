//! A request of any text is read or refused, by itself as over another; what is read is written and read again as the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use scopegate::Request;

const OTHER: &[u8] = include_bytes!("../../../host/runtime/tests/runtime/full.json");

fuzz_target!(|data: &[u8]| {
    let read = Request::from_json(data, || 0);
    let mut over = Request::from_json(OTHER, || 0).expect("the example is a request");
    assert_eq!(over.read_json(data, || 0).err(), read.clone().err());
    assert!(over == read.clone().unwrap_or_default());
    match read {
        Ok(request) => {
            let text = serde_json::to_vec(&request).expect("a request can be written");
            let again = Request::from_json(&text, || 0).expect("what is written can be read");
            assert!(again == request);
        }
        Err(error) => assert!(!error.path.is_empty() && !error.message.is_empty()),
    }
});
