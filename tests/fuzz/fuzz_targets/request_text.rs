//! A request of any text is read or refused; what is read is written and read again as the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use scopegate::Request;

fuzz_target!(|data: &[u8]| {
    match Request::from_json(data, || 0) {
        Ok(request) => {
            let text = serde_json::to_vec(&request).expect("a request can be written");
            let again = Request::from_json(&text, || 0).expect("what is written can be read");
            assert!(again == request);
        }
        Err(error) => assert!(!error.path.is_empty() && !error.message.is_empty()),
    }
});
