//! Requests of the default policy, as callers of the service send them.

use scopegate_tests::cases;
use serde_json::{Value, json};

/// So many requests for every action in turn, each of somebody else.
pub fn varied(count: usize) -> Vec<String> {
    let bases: Vec<Value> = cases::bases().into_values().collect();
    let request = |(base, person): (&Value, usize)| {
        let mut request = base.clone();
        request["actor"]["id"] = format!("user-{person}").into();
        request.as_object_mut().expect("an object").remove("now");
        request.to_string()
    };
    bases.iter().cycle().zip(0..count).map(request).collect()
}

/// A scan of so many targets, each of which is compared with so many accepted and as many excluded places; only the last fits.
pub fn heavy(targets: usize, places: usize) -> String {
    let mut bases = cases::bases().into_values();
    let mut scan = bases
        .find(|base| base["scan"].is_object())
        .expect("there is a scan");
    scan.as_object_mut().expect("an object").remove("now");
    let target =
        |index| json!({"url": format!("https://shop.example/page/{index}"), "kind": "public"});
    let place = |index| json!(format!("https://shop.example/other/{index}"));
    scan["scan"]["targets"] = (0..targets).map(target).collect();
    scan["scan"]["excluded"] = (0..places).map(place).collect();
    let fits = json!("https://shop.example/page");
    scan["scan"]["accepted"] = (1..places).map(place).chain([fits]).collect();
    scan.to_string()
}
