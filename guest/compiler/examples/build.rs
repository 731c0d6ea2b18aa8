//! Compiles a rule set.
fn main() { let p = std::env::args().nth(1).unwrap(); let s = std::fs::read_to_string(&p).unwrap();
 let t = std::time::Instant::now(); match scopegate_compiler::compile(&s) { Ok(c) => { eprintln!("{:?} {}", t.elapsed(), c.component.len()); print!("{}", c.warnings.render(&s,&p,false)); std::fs::write("/tmp/out.wasm", &c.component).unwrap(); } Err(d) => print!("{}", d.render(&s, &p, false)) } }
