;; What every policy component brings along: memory, texts, look-up, URLs, and the trace of an explanation.
;;
;; The compiler copies this module to the front of each policy's module and adds the policy behind it. Addresses:
;;   0    where the heap of the next call begins: behind the static data, or behind a request that the host laid out
;;   16   the text "/"
;;   64   256 bytes: the class of each byte in a URL, bits as below
;;          1 may stand in a path by itself   2 may stand in a host   4 is a letter a-z
;;          8 is a digit 0-9 or A-F           16 may stand in a path as an escape only
;;   320  the first byte of the policy's own data
;; A text is a pointer and a length in bytes. Nothing here fails but by running out of memory.
(module
  (memory (export "memory") 1)

  ;; The next free byte; 0 when a call has ended, so that the next one begins anew.
  (global $heap (export "heap") (mut i32) (i32.const 0))
  ;; The index of the request's action; the number of actions if the policy does not know it.
  (global $action (export "action") (mut i32) (i32.const 0))
  ;; The URLs seen in this call: a table of pointers to views, open addressing, by the text's place.
  (global $views (mut i32) (i32.const 0))
  (global $views_bits (mut i32) (i32.const 0))
  (global $views_count (mut i32) (i32.const 0))
  ;; The trace: entries of 12 bytes (path template: pointer, length; element index or -1).
  (global $trace (mut i32) (i32.const 0))
  (global $trace_room (mut i32) (i32.const 0))
  (global $trace_count (export "trace_count") (mut i32) (i32.const 0))

  ;; ---- memory -------------------------------------------------------------------------------------------------

  ;; Ends a call: what it allocated is free, its result is still in place.
  (func $reset (export "reset")
    (global.set $heap (i32.const 0))
    (global.set $views_bits (i32.const 0))
    (global.set $views_count (i32.const 0))
    (global.set $trace_room (i32.const 0))
    (global.set $trace_count (i32.const 0)))

  ;; Grows memory so that $end is within it: doubling, up to the memory's maximum; else it traps.
  (func $reach (param $end i32) (local $pages i32) (local $need i32) (local $more i32)
    (local.set $pages (memory.size))
    (local.set $need (i32.shr_u (i32.add (i32.sub (local.get $end) (i32.const 1)) (i32.const 65536)) (i32.const 16)))
    (if (i32.le_u (local.get $need) (local.get $pages)) (then (return)))
    (local.set $more (i32.sub (local.get $need) (local.get $pages)))
    (if (i32.lt_u (local.get $more) (local.get $pages))
      (then (if (i32.ne (memory.grow (local.get $pages)) (i32.const -1)) (then (return)))))
    (if (i32.eq (memory.grow (local.get $more)) (i32.const -1)) (then (unreachable))))

  (func $alloc (export "alloc") (param $size i32) (param $align i32) (result i32) (local $at i32) (local $end i32)
    (if (i32.eqz (global.get $heap)) (then (global.set $heap (i32.load (i32.const 0)))))
    (local.set $at
      (i32.and
        (i32.add (global.get $heap) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
    (local.set $end (i32.add (local.get $at) (local.get $size)))
    ;; Beyond 2 GiB is beyond any maximum, and keeps the sums from wrapping around.
    (if (i32.or (i32.lt_u (local.get $end) (local.get $at)) (i32.lt_s (local.get $end) (i32.const 0)))
      (then (unreachable)))
    (call $reach (local.get $end))
    (global.set $heap (local.get $end))
    (local.get $at))

  ;; The canonical ABI's allocator. The last allocation grows in place.
  (func $realloc (export "cabi_realloc")
    (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32) (local $new i32)
    (if (i32.and
          (i32.ne (local.get $old_size) (i32.const 0))
          (i32.eq (i32.add (local.get $old) (local.get $old_size)) (global.get $heap)))
      (then
        (global.set $heap (local.get $old))
        (return (call $alloc (local.get $size) (i32.const 1)))))
    (local.set $new (call $alloc (local.get $size) (local.get $align)))
    (if (local.get $old_size)
      (then
        (memory.copy (local.get $new) (local.get $old)
          (select (local.get $old_size) (local.get $size) (i32.lt_u (local.get $old_size) (local.get $size))))))
    (local.get $new))

  ;; ---- texts --------------------------------------------------------------------------------------------------

  ;; The first word and the last one, which may overlap; less than a word likewise by halves. A longer text is left to another
  ;; function, since a loop makes one slower even where it is not entered.
  (func $text_equal (export "text_equal")
    (param $a i32) (param $a_len i32) (param $b i32) (param $b_len i32) (result i32) (local $last i32) (local $at i32)
    (if (i32.ne (local.get $a_len) (local.get $b_len)) (then (return (i32.const 0))))
    (if (i32.ge_u (local.get $a_len) (i32.const 8))
      (then
        (local.set $last (i32.sub (local.get $a_len) (i32.const 8)))
        (if (i32.gt_u (local.get $last) (i32.const 8))
          (then (return (call $long_equal (local.get $a) (local.get $b) (local.get $last)))))
        (return
          (i64.eqz
            (i64.or
              (i64.xor (i64.load align=1 (local.get $a)) (i64.load align=1 (local.get $b)))
              (i64.xor
                (i64.load align=1 (i32.add (local.get $a) (local.get $last)))
                (i64.load align=1 (i32.add (local.get $b) (local.get $last)))))))))
    (if (i32.ge_u (local.get $a_len) (i32.const 4))
      (then
        (local.set $last (i32.sub (local.get $a_len) (i32.const 4)))
        (return
          (i32.and
            (i32.eq (i32.load align=1 (local.get $a)) (i32.load align=1 (local.get $b)))
            (i32.eq
              (i32.load align=1 (i32.add (local.get $a) (local.get $last)))
              (i32.load align=1 (i32.add (local.get $b) (local.get $last))))))))
    (if (i32.eqz (local.get $a_len)) (then (return (i32.const 1))))
    (local.set $last (i32.sub (local.get $a_len) (i32.const 1)))
    (local.set $at (i32.shr_u (local.get $a_len) (i32.const 1)))
    (i32.and
      (i32.eq (i32.load8_u (local.get $a)) (i32.load8_u (local.get $b)))
      (i32.and
        (i32.eq
          (i32.load8_u (i32.add (local.get $a) (local.get $last)))
          (i32.load8_u (i32.add (local.get $b) (local.get $last))))
        (i32.eq
          (i32.load8_u (i32.add (local.get $a) (local.get $at)))
          (i32.load8_u (i32.add (local.get $b) (local.get $at)))))))

  ;; Words from the first to the last one, which begins at $last.
  (func $long_equal (param $a i32) (param $b i32) (param $last i32) (result i32) (local $at i32)
    (loop $words
      (if (i64.ne
            (i64.load align=1 (i32.add (local.get $a) (local.get $at)))
            (i64.load align=1 (i32.add (local.get $b) (local.get $at))))
        (then (return (i32.const 0))))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $words (i32.lt_u (local.get $at) (local.get $last))))
    (i64.eq
      (i64.load align=1 (i32.add (local.get $a) (local.get $last)))
      (i64.load align=1 (i32.add (local.get $b) (local.get $last)))))

  ;; Less than 0, 0 or greater than 0, byte for byte.
  (func $text_order (export "text_order")
    (param $a i32) (param $a_len i32) (param $b i32) (param $b_len i32) (result i32)
    (local $end i32) (local $less i32) (local $differ i64)
    (local.set $end
      (i32.add (local.get $a)
        (select (local.get $a_len) (local.get $b_len) (i32.lt_u (local.get $a_len) (local.get $b_len)))))
    (block $few
      (loop $words
        (br_if $few (i32.lt_u (i32.sub (local.get $end) (local.get $a)) (i32.const 8)))
        ;; The first byte that differs holds the lowest bit that does: the bytes before it are passed over.
        (local.set $differ (i64.xor (i64.load align=1 (local.get $a)) (i64.load align=1 (local.get $b))))
        (local.set $less (i32.wrap_i64 (i64.shr_u (i64.ctz (local.get $differ)) (i64.const 3))))
        (local.set $a (i32.add (local.get $a) (local.get $less)))
        (local.set $b (i32.add (local.get $b) (local.get $less)))
        (br_if $words (i64.eqz (local.get $differ)))))
    (block $alike
      (loop $bytes
        (br_if $alike (i32.eq (local.get $a) (local.get $end)))
        (local.set $less (i32.sub (i32.load8_u (local.get $a)) (i32.load8_u (local.get $b))))
        (if (local.get $less) (then (return (local.get $less))))
        (local.set $a (i32.add (local.get $a) (i32.const 1)))
        (local.set $b (i32.add (local.get $b) (i32.const 1)))
        (br $bytes)))
    (i32.sub (local.get $a_len) (local.get $b_len)))

  (func $starts_with (export "starts_with")
    (param $text i32) (param $len i32) (param $part i32) (param $part_len i32) (result i32)
    (if (i32.lt_u (local.get $len) (local.get $part_len)) (then (return (i32.const 0))))
    (call $text_equal (local.get $text) (local.get $part_len) (local.get $part) (local.get $part_len)))

  (func $ends_with (export "ends_with")
    (param $text i32) (param $len i32) (param $part i32) (param $part_len i32) (result i32)
    (if (i32.lt_u (local.get $len) (local.get $part_len)) (then (return (i32.const 0))))
    (call $text_equal
      (i32.add (local.get $text) (i32.sub (local.get $len) (local.get $part_len))) (local.get $part_len)
      (local.get $part) (local.get $part_len)))

  (func $contains (export "contains")
    (param $text i32) (param $len i32) (param $part i32) (param $part_len i32) (result i32)
    (loop $places
      (if (i32.lt_u (local.get $len) (local.get $part_len)) (then (return (i32.const 0))))
      (if (call $text_equal (local.get $text) (local.get $part_len) (local.get $part) (local.get $part_len))
        (then (return (i32.const 1))))
      (local.set $text (i32.add (local.get $text) (i32.const 1)))
      (local.set $len (i32.sub (local.get $len) (i32.const 1)))
      ;; An empty part has been found; so the length cannot pass 0 here.
      (br $places))
    (unreachable))

  ;; Code points: bytes that do not continue one.
  (func $text_size (export "text_size") (param $text i32) (param $len i32) (result i64) (local $end i32) (local $size i32)
    (local.set $end (i32.add (local.get $text) (local.get $len)))
    (loop $bytes
      (if (i32.eq (local.get $text) (local.get $end)) (then (return (i64.extend_i32_u (local.get $size)))))
      (local.set $size
        (i32.add (local.get $size)
          (i32.ne (i32.and (i32.load8_u (local.get $text)) (i32.const 0xC0)) (i32.const 0x80))))
      (local.set $text (i32.add (local.get $text) (i32.const 1)))
      (br $bytes))
    (unreachable))

  ;; The index of the first of $count texts that is longer than $most; $count if none is.
  (func $first_long (export "first_long") (param $texts i32) (param $count i32) (param $most i32) (result i32) (local $i i32)
    (loop $each
      (if (i32.eq (local.get $i) (local.get $count)) (then (return (local.get $count))))
      (if (i32.gt_u (i32.load offset=4 (i32.add (local.get $texts) (i32.shl (local.get $i) (i32.const 3)))) (local.get $most))
        (then (return (local.get $i))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $each))
    (unreachable))

  ;; Whether the text is in the list of texts.
  (func $text_in (export "text_in") (param $text i32) (param $len i32) (param $list i32) (param $count i32) (result i32)
    (loop $each
      (if (i32.eqz (local.get $count)) (then (return (i32.const 0))))
      (if (i32.eq (i32.load offset=4 (local.get $list)) (local.get $len))
        (then
          (if (call $text_equal (i32.load (local.get $list)) (local.get $len) (local.get $text) (local.get $len))
            (then (return (i32.const 1))))))
      (local.set $list (i32.add (local.get $list) (i32.const 8)))
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (br $each))
    (unreachable))

  ;; Whether the case is in the list of an enum's cases.
  (func $case_in (export "case_in") (param $case i32) (param $list i32) (param $count i32) (result i32)
    (loop $each
      (if (i32.eqz (local.get $count)) (then (return (i32.const 0))))
      (if (i32.eq (i32.load8_u (local.get $list)) (local.get $case)) (then (return (i32.const 1))))
      (local.set $list (i32.add (local.get $list) (i32.const 1)))
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (br $each))
    (unreachable))

  ;; Runs a DFA: 256 classes, the row's width in bytes, then rows of 16-bit states; the last column is the end's.
  ;; State 0 has failed, state 1 has matched, state 2 is the start.
  (func $matches (export "matches") (param $dfa i32) (param $text i32) (param $len i32) (result i32)
    (local $end i32) (local $row i32) (local $state i32) (local $rows i32)
    (local.set $end (i32.add (local.get $text) (local.get $len)))
    (local.set $row (i32.load offset=256 (local.get $dfa)))
    (local.set $rows (i32.add (local.get $dfa) (i32.const 260)))
    (local.set $state (i32.const 2))
    (loop $bytes
      (if (i32.lt_u (local.get $state) (i32.const 2)) (then (return (local.get $state))))
      (if (i32.eq (local.get $text) (local.get $end))
        (then
          (return
            (i32.eq
              (i32.load16_u
                (i32.add
                  (i32.add (local.get $rows) (i32.mul (local.get $state) (local.get $row)))
                  (i32.sub (local.get $row) (i32.const 2))))
              (i32.const 1)))))
      (local.set $state
        (i32.load16_u
          (i32.add
            (i32.add (local.get $rows) (i32.mul (local.get $state) (local.get $row)))
            (i32.shl (i32.load8_u (i32.add (local.get $dfa) (i32.load8_u (local.get $text)))) (i32.const 1)))))
      (local.set $text (i32.add (local.get $text) (i32.const 1)))
      (br $bytes))
    (unreachable))

  ;; ---- look-up ------------------------------------------------------------------------------------------------

  ;; The value beside the key in a table, or $otherwise. A table has slots (length, pointer, value) behind two words: by how many bits the
  ;; key's hash is shifted to its place, and the mask of a place; the next slots are those of other keys up to one without a pointer.
  ;; Where the highest bit of the first word is set, there are only slots behind it, as many as its other bits say, sorted by length and then
  ;; bytes.
  (func $find (export "find") (param $table i32) (param $key i32) (param $len i32) (param $otherwise i32) (result i32)
    (local $place i32) (local $end i32) (local $slot i32)
    (if (i32.lt_s (i32.load (local.get $table)) (i32.const 0))
      (then
        (return
          (call $find_sorted (local.get $table) (local.get $key) (local.get $len) (local.get $otherwise)))))
    (local.set $place
      (i32.wrap_i64
        (i64.shr_u
          (i64.mul
            (i64.xor (call $mixed (local.get $key) (local.get $len)) (i64.extend_i32_u (local.get $len)))
            ;; 2^64 divided by the golden ratio.
            (i64.const 0x9E3779B97F4A7C15))
          (i64.load32_u (local.get $table)))))
    ;; No key is further from its place.
    (local.set $end (i32.add (local.get $place) (i32.const 16)))
    (loop $places
      (local.set $slot
        (i32.add (local.get $table)
          (i32.mul (i32.and (local.get $place) (i32.load offset=4 (local.get $table))) (i32.const 12))))
      (if (i32.eqz (i32.load offset=12 (local.get $slot))) (then (return (local.get $otherwise))))
      (if (call $text_equal
            (local.get $key) (local.get $len)
            (i32.load offset=12 (local.get $slot)) (i32.load offset=8 (local.get $slot)))
        (then (return (i32.load offset=16 (local.get $slot)))))
      (local.set $place (i32.add (local.get $place) (i32.const 1)))
      (br_if $places (i32.ne (local.get $place) (local.get $end))))
    (local.get $otherwise))

  ;; A text's first and last bytes as one number.
  (func $mixed (param $text i32) (param $len i32) (result i64) (local $end i32)
    (local.set $end (i32.add (local.get $text) (local.get $len)))
    (if (i32.ge_u (local.get $len) (i32.const 8))
      (then
        (return
          (i64.xor
            (i64.load align=1 (local.get $text))
            (i64.rotl (i64.load align=1 (i32.sub (local.get $end) (i32.const 8))) (i64.const 29))))))
    (if (i32.ge_u (local.get $len) (i32.const 4))
      (then
        (return
          (i64.or
            (i64.load32_u align=1 (local.get $text))
            (i64.shl (i64.load32_u align=1 (i32.sub (local.get $end) (i32.const 4))) (i64.const 32))))))
    (if (i32.eqz (local.get $len)) (then (return (i64.const 0))))
    (i64.or
      (i64.load8_u (local.get $text))
      (i64.or
        (i64.shl
          (i64.load8_u (i32.add (local.get $text) (i32.shr_u (local.get $len) (i32.const 1)))) (i64.const 8))
        (i64.shl (i64.load8_u (i32.sub (local.get $end) (i32.const 1))) (i64.const 16)))))

  ;; As $find, where the slots are sorted.
  (func $find_sorted (param $table i32) (param $key i32) (param $len i32) (param $otherwise i32) (result i32)
    (local $low i32) (local $high i32) (local $middle i32) (local $row i32) (local $order i32)
    (local.set $high (i32.and (i32.load (local.get $table)) (i32.const 0x7FFFFFFF)))
    (loop $halves
      (if (i32.ge_u (local.get $low) (local.get $high)) (then (return (local.get $otherwise))))
      (local.set $middle (i32.shr_u (i32.add (local.get $low) (local.get $high)) (i32.const 1)))
      (local.set $row (i32.add (i32.add (local.get $table) (i32.const 4)) (i32.mul (local.get $middle) (i32.const 12))))
      (local.set $order (i32.sub (local.get $len) (i32.load (local.get $row))))
      (if (i32.eqz (local.get $order))
        (then
          (local.set $order
            (call $text_order
              (local.get $key) (local.get $len) (i32.load offset=4 (local.get $row)) (local.get $len)))
          (if (i32.eqz (local.get $order)) (then (return (i32.load offset=8 (local.get $row)))))))
      (if (i32.lt_s (local.get $order) (i32.const 0))
        (then (local.set $high (local.get $middle)))
        (else (local.set $low (i32.add (local.get $middle) (i32.const 1)))))
      (br $halves))
    (unreachable))

  ;; Merges the rising words from $start to $mid with those from there to $end, using $spare for the first of them.
  (func $merge (export "merge")
    (param $start i32) (param $mid i32) (param $end i32) (param $spare i32) (result i32)
    (local $to i32) (local $spare_end i32) (local $next i32)
    (if (i32.or (i32.eq (local.get $start) (local.get $mid)) (i32.eq (local.get $mid) (local.get $end)))
      (then (return (local.get $end))))
    (if (i32.lt_u (i32.load (i32.sub (local.get $mid) (i32.const 4))) (i32.load (local.get $mid)))
      (then (return (local.get $end))))
    (local.set $to (local.get $start))
    (local.set $spare_end (i32.add (local.get $spare) (i32.sub (local.get $mid) (local.get $start))))
    (memory.copy (local.get $spare) (local.get $start) (i32.sub (local.get $mid) (local.get $start)))
    (loop $each
      (local.set $next (i32.load (local.get $spare)))
      (if (if (result i32) (i32.eq (local.get $mid) (local.get $end))
            (then (i32.const 1))
            (else (i32.lt_u (local.get $next) (i32.load (local.get $mid)))))
        (then (local.set $spare (i32.add (local.get $spare) (i32.const 4))))
        (else
          (local.set $next (i32.load (local.get $mid)))
          (local.set $mid (i32.add (local.get $mid) (i32.const 4)))))
      (i32.store (local.get $to) (local.get $next))
      (local.set $to (i32.add (local.get $to) (i32.const 4)))
      ;; What is left of the second stands where it belongs.
      (br_if $each (i32.ne (local.get $spare) (local.get $spare_end))))
    (local.get $end))

  ;; ---- URLs ---------------------------------------------------------------------------------------------------

  ;; A view is what is known of a text as a URL or path, 40 bytes:
  ;;   0 the text's pointer   4 its length   8 kind: 0 neither, 1 canonical URL, 2 canonical path
  ;;   12 scheme: 4 http, 5 https   16 host pointer   20 host length   24 port
  ;;   28 path pointer   32 path length   36 can be read as a pattern: it has no query and no "*"

  ;; The view of a text; each text is scanned once a call.
  (func $view (param $text i32) (param $len i32) (result i32) (local $slot i32) (local $view i32) (local $mask i32)
    (if (i32.or
          (i32.eqz (global.get $views_bits))
          (i32.ge_u (i32.shl (global.get $views_count) (i32.const 1)) (i32.shl (i32.const 1) (global.get $views_bits))))
      (then (call $views_grow)))
    (local.set $mask (i32.sub (i32.shl (i32.const 1) (global.get $views_bits)) (i32.const 1)))
    (local.set $slot (call $slot_of (local.get $text)))
    (block $absent
      (loop $probe
        (local.set $view (i32.load (i32.add (global.get $views) (i32.shl (local.get $slot) (i32.const 2)))))
        (br_if $absent (i32.eqz (local.get $view)))
        (if (i32.and
              (i32.eq (i32.load (local.get $view)) (local.get $text))
              (i32.eq (i32.load offset=4 (local.get $view)) (local.get $len)))
          (then (return (local.get $view))))
        (local.set $slot (i32.and (i32.add (local.get $slot) (i32.const 1)) (local.get $mask)))
        (br $probe)))
    (local.set $view (call $alloc (i32.const 40) (i32.const 4)))
    (i32.store (local.get $view) (local.get $text))
    (i32.store offset=4 (local.get $view) (local.get $len))
    (i32.store offset=8 (local.get $view) (call $scan (local.get $text) (local.get $len) (local.get $view)))
    (i32.store (i32.add (global.get $views) (i32.shl (local.get $slot) (i32.const 2))) (local.get $view))
    (global.set $views_count (i32.add (global.get $views_count) (i32.const 1)))
    (local.get $view))

  (func $slot_of (param $text i32) (result i32)
    (i32.shr_u
      (i32.mul (local.get $text) (i32.const 0x9E3779B1))
      (i32.sub (i32.const 32) (global.get $views_bits))))

  ;; Doubles the table of views; the first has 64 slots.
  (func $views_grow (local $old i32) (local $end i32) (local $view i32) (local $slot i32) (local $mask i32)
    (local.set $old (global.get $views))
    (local.set $end
      (i32.add (local.get $old)
        (select (i32.shl (i32.const 4) (global.get $views_bits)) (i32.const 0) (global.get $views_bits))))
    (global.set $views_bits
      (select (i32.add (global.get $views_bits) (i32.const 1)) (i32.const 6) (global.get $views_bits)))
    (global.set $views (call $alloc (i32.shl (i32.const 4) (global.get $views_bits)) (i32.const 4)))
    (memory.fill (global.get $views) (i32.const 0) (i32.shl (i32.const 4) (global.get $views_bits)))
    (local.set $mask (i32.sub (i32.shl (i32.const 1) (global.get $views_bits)) (i32.const 1)))
    (loop $each
      (if (i32.eq (local.get $old) (local.get $end)) (then (return)))
      (local.set $view (i32.load (local.get $old)))
      (if (local.get $view)
        (then
          (local.set $slot (call $slot_of (i32.load (local.get $view))))
          (block $free
            (loop $probe
              (br_if $free
                (i32.eqz (i32.load (i32.add (global.get $views) (i32.shl (local.get $slot) (i32.const 2))))))
              (local.set $slot (i32.and (i32.add (local.get $slot) (i32.const 1)) (local.get $mask)))
              (br $probe)))
          (i32.store (i32.add (global.get $views) (i32.shl (local.get $slot) (i32.const 2))) (local.get $view))))
      (local.set $old (i32.add (local.get $old) (i32.const 4)))
      (br $each)))

  ;; Whether the byte at $at, before $end, is $byte.
  (func $is (param $at i32) (param $end i32) (param $byte i32) (result i32)
    (if (i32.ge_u (local.get $at) (local.get $end)) (then (return (i32.const 0))))
    (i32.eq (i32.load8_u (local.get $at)) (local.get $byte)))

  (func $class (param $byte i32) (result i32)
    (i32.load8_u offset=64 (local.get $byte)))

  ;; Scans a text into its view; the result is its kind.
  (func $scan (param $text i32) (param $len i32) (param $view i32) (result i32) (local $at i32) (local $end i32) (local $path i32)
    (if (i32.gt_u (local.get $len) (i32.const 8192)) (then (return (i32.const 0))))
    (local.set $at (local.get $text))
    (local.set $end (i32.add (local.get $text) (local.get $len)))
    (i32.store offset=36 (local.get $view) (i32.const 1))
    (if (call $is (local.get $at) (local.get $end) (i32.const 0x2F))
      (then
        (local.set $path (call $scan_path (local.get $at) (local.get $end) (local.get $view)))
        (return (select (i32.const 2) (i32.const 0) (i32.eq (local.get $path) (local.get $end))))))
    (local.set $at (call $scan_scheme (local.get $at) (local.get $end) (local.get $view)))
    (if (i32.eqz (local.get $at)) (then (return (i32.const 0))))
    (local.set $at (call $scan_host (local.get $at) (local.get $end) (local.get $view)))
    (if (i32.eqz (local.get $at)) (then (return (i32.const 0))))
    (local.set $at (call $scan_port (local.get $at) (local.get $end) (local.get $view)))
    (if (i32.eqz (local.get $at)) (then (return (i32.const 0))))
    (i32.store offset=28 (local.get $view) (i32.const 16))
    (i32.store offset=32 (local.get $view) (i32.const 1))
    (if (call $is (local.get $at) (local.get $end) (i32.const 0x2F))
      (then
        (local.set $at (call $scan_path (local.get $at) (local.get $end) (local.get $view)))
        (if (i32.eqz (local.get $at)) (then (return (i32.const 0))))))
    (if (i32.eq (local.get $at) (local.get $end)) (then (return (i32.const 1))))
    (i32.store offset=36 (local.get $view) (i32.const 0))
    (if (i32.ne (i32.load8_u (local.get $at)) (i32.const 0x3F)) (then (return (i32.const 0))))
    (call $scan_query (local.get $at) (local.get $end)))

  ;; Each of these returns the place behind what it scanned, or 0.

  (func $scan_scheme (param $at i32) (param $end i32) (param $view i32) (result i32)
    ;; "http", then "s" or not, then "://"
    (if (i32.lt_u (i32.sub (local.get $end) (local.get $at)) (i32.const 8)) (then (return (i32.const 0))))
    (if (i32.ne (i32.load align=1 (local.get $at)) (i32.const 0x70747468)) (then (return (i32.const 0))))
    (i32.store offset=12 (local.get $view)
      (i32.add (i32.const 4) (i32.eq (i32.load8_u offset=4 (local.get $at)) (i32.const 0x73))))
    (local.set $at (i32.add (local.get $at) (i32.load offset=12 (local.get $view))))
    ;; A host follows; so four bytes are there to be loaded.
    (if (i32.lt_u (i32.sub (local.get $end) (local.get $at)) (i32.const 4)) (then (return (i32.const 0))))
    (if (i32.ne (i32.and (i32.load align=1 (local.get $at)) (i32.const 0xFFFFFF)) (i32.const 0x2F2F3A))
      (then (return (i32.const 0))))
    (i32.add (local.get $at) (i32.const 3)))

  (func $scan_host (param $at i32) (param $end i32) (param $view i32) (result i32) (local $label i32) (local $dots i32) (local $byte i32)
    (i32.store offset=16 (local.get $view) (local.get $at))
    (local.set $label (local.get $at))
    (block $done
      (loop $bytes
        (br_if $done (i32.eq (local.get $at) (local.get $end)))
        (local.set $byte (i32.load8_u (local.get $at)))
        (if (i32.eq (local.get $byte) (i32.const 0x2E))
          (then
            (if (i32.eq (local.get $at) (local.get $label)) (then (return (i32.const 0))))
            (local.set $dots (i32.const 1))
            (local.set $label (i32.add (local.get $at) (i32.const 1))))
          (else
            (br_if $done (i32.eqz (i32.and (call $class (local.get $byte)) (i32.const 2))))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $bytes)))
    (if (i32.or (i32.eqz (local.get $dots)) (i32.eq (local.get $at) (local.get $label))) (then (return (i32.const 0))))
    (if (i32.eqz (i32.and (call $class (i32.load8_u (local.get $label))) (i32.const 4))) (then (return (i32.const 0))))
    (i32.store offset=20 (local.get $view) (i32.sub (local.get $at) (i32.load offset=16 (local.get $view))))
    (local.get $at))

  (func $scan_port (param $at i32) (param $end i32) (param $view i32) (result i32)
    (local $usual i32) (local $port i32) (local $digit i32)
    (local.set $usual
      (select (i32.const 443) (i32.const 80) (i32.eq (i32.load offset=12 (local.get $view)) (i32.const 5))))
    (i32.store offset=24 (local.get $view) (local.get $usual))
    (if (i32.eqz (call $is (local.get $at) (local.get $end) (i32.const 0x3A))) (then (return (local.get $at))))
    (block $done
      (loop $digits
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br_if $done (i32.eq (local.get $at) (local.get $end)))
        (local.set $digit (i32.sub (i32.load8_u (local.get $at)) (i32.const 0x30)))
        (br_if $done (i32.gt_u (local.get $digit) (i32.const 9)))
        ;; A leading zero.
        (if (i32.eqz (i32.or (local.get $port) (local.get $digit))) (then (return (i32.const 0))))
        (local.set $port (i32.add (i32.mul (local.get $port) (i32.const 10)) (local.get $digit)))
        (if (i32.gt_u (local.get $port) (i32.const 65535)) (then (return (i32.const 0))))
        (br $digits)))
    (if (i32.or (i32.eqz (local.get $port)) (i32.eq (local.get $port) (local.get $usual)))
      (then (return (i32.const 0))))
    (i32.store offset=24 (local.get $view) (local.get $port))
    (local.get $at))

  (func $scan_path (param $at i32) (param $end i32) (param $view i32) (result i32) (local $segment i32) (local $byte i32)
    (i32.store offset=28 (local.get $view) (local.get $at))
    ;; The cursor is at a "/".
    (loop $segments
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (local.set $segment (local.get $at))
      (block $ended
        (loop $bytes
          (br_if $ended (i32.eq (local.get $at) (local.get $end)))
          (local.set $byte (i32.load8_u (local.get $at)))
          (br_if $ended (i32.eq (local.get $byte) (i32.const 0x2F)))
          (br_if $ended (i32.eq (local.get $byte) (i32.const 0x3F)))
          (if (i32.eq (local.get $byte) (i32.const 0x25))
            (then
              (if (i32.eqz (call $is_escape (local.get $at) (local.get $end))) (then (return (i32.const 0))))
              (local.set $at (i32.add (local.get $at) (i32.const 3))))
            (else
              (if (i32.eqz (i32.and (call $class (local.get $byte)) (i32.const 1))) (then (return (i32.const 0))))
              (if (i32.eq (local.get $byte) (i32.const 0x2A))
                (then (i32.store offset=36 (local.get $view) (i32.const 0))))
              (local.set $at (i32.add (local.get $at) (i32.const 1)))))
          (br $bytes)))
      (if (call $is_odd_segment (local.get $segment) (local.get $at)) (then (return (i32.const 0))))
      (if (call $is (local.get $at) (local.get $end) (i32.const 0x2F))
        (then
          ;; Only the last segment may be empty.
          (if (i32.eq (local.get $at) (local.get $segment)) (then (return (i32.const 0))))
          (br $segments))))
    (i32.store offset=32 (local.get $view) (i32.sub (local.get $at) (i32.load offset=28 (local.get $view))))
    (local.get $at))

  ;; "." or "..", or it ends in "%20".
  (func $is_odd_segment (param $at i32) (param $end i32) (result i32) (local $len i32)
    (local.set $len (i32.sub (local.get $end) (local.get $at)))
    (if (i32.eqz (local.get $len)) (then (return (i32.const 0))))
    (if (i32.ge_u (local.get $len) (i32.const 3))
      (then
        (return
          (i32.and
            (i32.eq (i32.load16_u align=1 (i32.sub (local.get $end) (i32.const 3))) (i32.const 0x3225))
            (i32.eq (i32.load8_u (i32.sub (local.get $end) (i32.const 1))) (i32.const 0x30))))))
    (i32.and
      (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x2E))
      (i32.eq (i32.load8_u (i32.sub (local.get $end) (i32.const 1))) (i32.const 0x2E))))

  ;; Whether "%" and two digits at $at spell a byte that must be escaped and may be.
  (func $is_escape (param $at i32) (param $end i32) (result i32) (local $high i32) (local $low i32)
    (if (i32.lt_u (i32.sub (local.get $end) (local.get $at)) (i32.const 3)) (then (return (i32.const 0))))
    (local.set $high (i32.load8_u offset=1 (local.get $at)))
    (local.set $low (i32.load8_u offset=2 (local.get $at)))
    (if (i32.eqz
          (i32.and
            (i32.and (call $class (local.get $high)) (call $class (local.get $low)))
            (i32.const 8)))
      (then (return (i32.const 0))))
    (i32.shr_u
      (i32.and
        (call $class
          (i32.add (i32.shl (call $digit (local.get $high)) (i32.const 4)) (call $digit (local.get $low))))
        (i32.const 16))
      (i32.const 4)))

  ;; The value of a digit 0-9 or A-F.
  (func $digit (param $byte i32) (result i32)
    (i32.sub (local.get $byte)
      (select (i32.const 0x37) (i32.const 0x30) (i32.gt_u (local.get $byte) (i32.const 0x39)))))

  ;; 1 if every byte from the "?" on may stand in a query, else 0.
  (func $scan_query (param $at i32) (param $end i32) (result i32) (local $byte i32)
    (loop $bytes
      (if (i32.eq (local.get $at) (local.get $end)) (then (return (i32.const 1))))
      (local.set $byte (i32.load8_u (local.get $at)))
      (if (i32.gt_u (i32.sub (local.get $byte) (i32.const 0x21)) (i32.const 0x5D)) (then (return (i32.const 0))))
      (if (i32.eq (local.get $byte) (i32.const 0x23)) (then (return (i32.const 0))))
      (if (i32.eq (local.get $byte) (i32.const 0x5C)) (then (return (i32.const 0))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $bytes))
    (unreachable))

  ;; The host of a canonical URL, else the empty text.
  (func $host (export "host") (param $text i32) (param $len i32) (result i32 i32) (local $view i32)
    (local.set $view (call $view (local.get $text) (local.get $len)))
    (if (i32.ne (i32.load offset=8 (local.get $view)) (i32.const 1))
      (then (return (local.get $text) (i32.const 0))))
    (i32.load offset=16 (local.get $view))
    (i32.load offset=20 (local.get $view)))

  (func $hosts_equal (param $a i32) (param $b i32) (result i32)
    (call $text_equal
      (i32.load offset=16 (local.get $a)) (i32.load offset=20 (local.get $a))
      (i32.load offset=16 (local.get $b)) (i32.load offset=20 (local.get $b))))

  (func $accepts (export "accepts")
    (param $pattern i32) (param $pattern_len i32) (param $url i32) (param $url_len i32) (result i32) (local $len i32)
    (local.set $pattern (call $view (local.get $pattern) (local.get $pattern_len)))
    (local.set $url (call $view (local.get $url) (local.get $url_len)))
    (if (i32.ne (i32.load offset=8 (local.get $pattern)) (i32.const 1)) (then (return (i32.const 0))))
    (if (i32.ne (i32.load offset=8 (local.get $url)) (i32.const 1)) (then (return (i32.const 0))))
    (if (i32.eqz (i32.load offset=36 (local.get $pattern))) (then (return (i32.const 0))))
    (if (i32.ne (i32.load offset=12 (local.get $pattern)) (i32.load offset=12 (local.get $url)))
      (then (return (i32.const 0))))
    (if (i32.ne (i32.load offset=24 (local.get $pattern)) (i32.load offset=24 (local.get $url)))
      (then (return (i32.const 0))))
    (if (i32.eqz (call $hosts_equal (local.get $pattern) (local.get $url))) (then (return (i32.const 0))))
    (local.set $len (i32.load offset=32 (local.get $pattern)))
    (if (i32.eqz
          (call $starts_with
            (i32.load offset=28 (local.get $url)) (i32.load offset=32 (local.get $url))
            (i32.load offset=28 (local.get $pattern)) (local.get $len)))
      (then (return (i32.const 0))))
    (call $ends_a_segment
      (i32.load offset=28 (local.get $url)) (i32.load offset=32 (local.get $url)) (local.get $len)
      (i32.eq
        (i32.load8_u
          (i32.sub (i32.add (i32.load offset=28 (local.get $pattern)) (local.get $len)) (i32.const 1)))
        (i32.const 0x2F))))

  ;; Whether the first $len bytes of a path are all of it, or its part before a "/"; or $closed says that it is.
  (func $ends_a_segment (param $path i32) (param $path_len i32) (param $len i32) (param $closed i32) (result i32)
    (if (i32.or (local.get $closed) (i32.eq (local.get $path_len) (local.get $len))) (then (return (i32.const 1))))
    (i32.eq (i32.load8_u (i32.add (local.get $path) (local.get $len))) (i32.const 0x2F)))

  (func $excludes (export "excludes")
    (param $pattern i32) (param $pattern_len i32) (param $url i32) (param $url_len i32) (result i32)
    (local $len i32) (local $path i32)
    (local.set $pattern (call $view (local.get $pattern) (local.get $pattern_len)))
    (local.set $url (call $view (local.get $url) (local.get $url_len)))
    (if (i32.ne (i32.load offset=8 (local.get $url)) (i32.const 1)) (then (return (i32.const 1))))
    (if (i32.eqz (i32.load offset=8 (local.get $pattern))) (then (return (i32.const 1))))
    (if (i32.eqz (i32.load offset=36 (local.get $pattern))) (then (return (i32.const 1))))
    (if (i32.eq (i32.load offset=8 (local.get $pattern)) (i32.const 1))
      (then (if (i32.eqz (call $hosts_equal (local.get $pattern) (local.get $url))) (then (return (i32.const 0))))))
    (local.set $path (i32.load offset=28 (local.get $pattern)))
    (local.set $len (i32.load offset=32 (local.get $pattern)))
    ;; One trailing "/" is taken off; a path has at least one byte.
    (if (i32.eq (i32.load8_u (i32.sub (i32.add (local.get $path) (local.get $len)) (i32.const 1))) (i32.const 0x2F))
      (then (local.set $len (i32.sub (local.get $len) (i32.const 1)))))
    (if (i32.gt_u (local.get $len) (i32.load offset=32 (local.get $url))) (then (return (i32.const 0))))
    (if (i32.eqz (call $same_letters (local.get $path) (i32.load offset=28 (local.get $url)) (local.get $len)))
      (then (return (i32.const 0))))
    (call $ends_a_segment
      (i32.load offset=28 (local.get $url)) (i32.load offset=32 (local.get $url)) (local.get $len) (i32.const 0)))

  ;; Equal, ignoring ASCII case.
  (func $same_letters (param $a i32) (param $b i32) (param $len i32) (result i32) (local $end i32)
    (local.set $end (i32.add (local.get $a) (local.get $len)))
    (loop $bytes
      (if (i32.eq (local.get $a) (local.get $end)) (then (return (i32.const 1))))
      (if (i32.ne (call $lower (i32.load8_u (local.get $a))) (call $lower (i32.load8_u (local.get $b))))
        (then (return (i32.const 0))))
      (local.set $a (i32.add (local.get $a) (i32.const 1)))
      (local.set $b (i32.add (local.get $b) (i32.const 1)))
      (br $bytes))
    (unreachable))

  (func $lower (param $byte i32) (result i32)
    (i32.add (local.get $byte)
      (i32.shl (i32.lt_u (i32.sub (local.get $byte) (i32.const 0x41)) (i32.const 26)) (i32.const 5))))

  ;; ---- the trace of an explanation ----------------------------------------------------------------------------

  ;; Notes that a fact has been read. $cell holds its path template: pointer and length.
  (func $note (export "note") (param $cell i32)
    (call $note_element (local.get $cell) (i32.const -1)))

  ;; As $note, of the element at that position of its list.
  (func $note_element (export "note_element") (param $cell i32) (param $index i32) (local $entry i32)
    (if (i32.eq (global.get $trace_count) (global.get $trace_room)) (then (call $trace_grow)))
    (local.set $entry (i32.add (global.get $trace) (i32.mul (global.get $trace_count) (i32.const 12))))
    (i64.store align=4 (local.get $entry) (i64.load align=4 (local.get $cell)))
    (i32.store offset=8 (local.get $entry) (local.get $index))
    (global.set $trace_count (i32.add (global.get $trace_count) (i32.const 1))))

  (func $trace_grow (local $old i32)
    (local.set $old (global.get $trace))
    (global.set $trace_room
      (select (i32.shl (global.get $trace_room) (i32.const 1)) (i32.const 32) (global.get $trace_room)))
    (global.set $trace (call $alloc (i32.mul (global.get $trace_room) (i32.const 12)) (i32.const 4)))
    (memory.copy (global.get $trace) (local.get $old) (i32.mul (global.get $trace_count) (i32.const 12))))

  ;; Takes back the notes from the first count up to the second.
  (func $forget (export "forget") (param $from i32) (param $to i32)
    (memory.copy
      (i32.add (global.get $trace) (i32.mul (local.get $from) (i32.const 12)))
      (i32.add (global.get $trace) (i32.mul (local.get $to) (i32.const 12)))
      (i32.mul (i32.sub (global.get $trace_count) (local.get $to)) (i32.const 12)))
    (global.set $trace_count
      (i32.add (local.get $from) (i32.sub (global.get $trace_count) (local.get $to)))))

  ;; Takes the notes as a list of texts, each once: pointer and count.
  (func $notes (export "notes") (result i32 i32)
    (local $list i32) (local $count i32) (local $i i32) (local $entry i32) (local $text i32) (local $len i32)
    (local.set $list (call $alloc (i32.shl (global.get $trace_count) (i32.const 3)) (i32.const 4)))
    (block $done
      (loop $each
        (br_if $done (i32.eq (local.get $i) (global.get $trace_count)))
        (if (i32.eqz (call $is_repeated (local.get $i)))
          (then
            (local.set $entry (i32.add (global.get $trace) (i32.mul (local.get $i) (i32.const 12))))
            (call $path
              (i32.load (local.get $entry)) (i32.load offset=4 (local.get $entry)) (i32.load offset=8 (local.get $entry)))
            (local.set $len)
            (local.set $text)
            (i32.store (i32.add (local.get $list) (i32.shl (local.get $count) (i32.const 3))) (local.get $text))
            (i32.store offset=4 (i32.add (local.get $list) (i32.shl (local.get $count) (i32.const 3))) (local.get $len))
            (local.set $count (i32.add (local.get $count) (i32.const 1)))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $each)))
    (global.set $trace_count (i32.const 0))
    (local.get $list)
    (local.get $count))

  ;; Whether note $i says what an earlier one says.
  (func $is_repeated (param $i i32) (result i32) (local $a i32) (local $b i32)
    (local.set $a (i32.add (global.get $trace) (i32.mul (local.get $i) (i32.const 12))))
    (local.set $b (global.get $trace))
    (loop $each
      (if (i32.eq (local.get $a) (local.get $b)) (then (return (i32.const 0))))
      (if (i32.and
            (i64.eq (i64.load align=4 (local.get $a)) (i64.load align=4 (local.get $b)))
            (i32.eq (i32.load offset=8 (local.get $a)) (i32.load offset=8 (local.get $b))))
        (then (return (i32.const 1))))
      (local.set $b (i32.add (local.get $b) (i32.const 12)))
      (br $each))
    (unreachable))

  ;; The text of a path: "scan.targets[].url" at 3 is "scan.targets[3].url"; at -1 the path stays as it is.
  (func $path (export "path") (param $path i32) (param $len i32) (param $index i32) (result i32 i32)
    (local $before i32) (local $text i32) (local $at i32) (local $digits i32) (local $rest i32)
    (if (i32.lt_s (local.get $index) (i32.const 0)) (then (return (local.get $path) (local.get $len))))
    ;; Behind the "[".
    (loop $find
      (local.set $before (i32.add (local.get $before) (i32.const 1)))
      (br_if $find
        (i32.ne
          (i32.load8_u (i32.sub (i32.add (local.get $path) (local.get $before)) (i32.const 1)))
          (i32.const 0x5B))))
    (local.set $digits (i32.const 1))
    (local.set $rest (local.get $index))
    (block $counted
      (loop $count
        (local.set $rest (i32.div_u (local.get $rest) (i32.const 10)))
        (br_if $counted (i32.eqz (local.get $rest)))
        (local.set $digits (i32.add (local.get $digits) (i32.const 1)))
        (br $count)))
    (local.set $text (call $alloc (i32.add (local.get $len) (local.get $digits)) (i32.const 1)))
    (memory.copy (local.get $text) (local.get $path) (local.get $before))
    (local.set $at (i32.add (i32.add (local.get $text) (local.get $before)) (local.get $digits)))
    (memory.copy (local.get $at)
      (i32.add (local.get $path) (local.get $before)) (i32.sub (local.get $len) (local.get $before)))
    (local.set $rest (local.get $index))
    (loop $write
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i32.store8 (local.get $at)
        (i32.add (i32.const 0x30) (i32.rem_u (local.get $rest) (i32.const 10))))
      (local.set $rest (i32.div_u (local.get $rest) (i32.const 10)))
      (br_if $write (local.get $rest)))
    (local.get $text)
    (i32.add (local.get $len) (local.get $digits)))

  ;; Two texts, one behind the other.
  (func $join (export "join") (param $a i32) (param $a_len i32) (param $b i32) (param $b_len i32) (result i32 i32) (local $text i32)
    (local.set $text (call $alloc (i32.add (local.get $a_len) (local.get $b_len)) (i32.const 1)))
    (memory.copy (local.get $text) (local.get $a) (local.get $a_len))
    (memory.copy (i32.add (local.get $text) (local.get $a_len)) (local.get $b) (local.get $b_len))
    (local.get $text)
    (i32.add (local.get $a_len) (local.get $b_len)))
)
