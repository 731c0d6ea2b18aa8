//! x
fn main() { let p = std::env::args().nth(1).unwrap(); let s = std::fs::read_to_string(&p).unwrap();
 let t = std::time::Instant::now(); let d = scopegate_compiler::check(&s); eprintln!("{:?}", t.elapsed()); print!("{}", d.render(&s, &p, false)); println!("{}", d.list.len()); }
