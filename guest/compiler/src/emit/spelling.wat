;; Texts that print as nothing, and exclusions that hold for every spelling of a page.
;;
;; These functions stand behind those of runtime.wat, in the same module, in policies that call them. They use no global and no type of
;; their own, so that every other policy stays as it is. Address:
;;   8    where `scopegate_contract::SPELLINGS` stands, which says its format

  ;; Whether a text is empty, or has only code points that print as nothing.
  (func $is_blank (export "is_blank") (param $at i32) (param $len i32) (result i32) (local $end i32) (local $code i32)
    (local.set $end (i32.add (local.get $at) (local.get $len)))
    (loop $each
      (if (i32.ge_u (local.get $at) (local.get $end)) (then (return (i32.const 1))))
      (local.set $code (i32.load8_u (local.get $at)))
      (if (i32.ge_u (local.get $code) (i32.const 0x80))
        (then
          (local.set $code (call $code_point (local.get $at) (local.get $end) (i32.const 1)))
          (if (i32.ne (call $kind (call $range_of (local.get $code))) (i32.const 2)) (then (return (i32.const 0))))
          (local.set $at (i32.add (local.get $at) (call $bytes_of (local.get $code)))))
        (else
          ;; Of ASCII, the space and the controls.
          (if (i32.and (i32.gt_u (local.get $code) (i32.const 0x20)) (i32.ne (local.get $code) (i32.const 0x7F)))
            (then (return (i32.const 0))))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))))
      (br $each))
    (unreachable))

  ;; Whether the exclusion keeps the URL out, or another spelling of it that a server may take for the same page. It fails shut.
  (func $excludes_any_spelling (export "excludes_any_spelling")
    (param $pattern i32) (param $pattern_len i32) (param $url i32) (param $url_len i32) (result i32)
    (local.set $pattern (call $view (local.get $pattern) (local.get $pattern_len)))
    (local.set $url (call $view (local.get $url) (local.get $url_len)))
    (if (i32.ne (i32.load offset=8 (local.get $url)) (i32.const 1)) (then (return (i32.const 1))))
    (if (i32.eqz (i32.load offset=8 (local.get $pattern))) (then (return (i32.const 1))))
    (if (i32.eqz (i32.load offset=36 (local.get $pattern))) (then (return (i32.const 1))))
    (if (i32.eq (i32.load offset=8 (local.get $pattern)) (i32.const 1))
      (then (if (i32.eqz (call $hosts_equal (local.get $pattern) (local.get $url))) (then (return (i32.const 0))))))
    (local.set $pattern (call $spelled (local.get $pattern)))
    (local.set $url (call $spelled (local.get $url)))
    (if (i32.eq (i32.load offset=8 (local.get $url)) (i32.const 2)) (then (return (i32.const 1))))
    (if (i32.eq (i32.load offset=8 (local.get $pattern)) (i32.const 2)) (then (return (i32.const 1))))
    (local.set $pattern_len (i32.add (i32.load offset=28 (local.get $pattern)) (i32.load offset=32 (local.get $pattern))))
    ;; One trailing "/" is taken off.
    (call $same_page
      (i32.load offset=28 (local.get $pattern))
      (i32.sub (local.get $pattern_len)
        (i32.eq (i32.load8_u (i32.sub (local.get $pattern_len) (i32.const 1))) (i32.const 0x2F)))
      (i32.load offset=28 (local.get $url))
      (i32.add (i32.load offset=28 (local.get $url)) (i32.load offset=32 (local.get $url)))))

  ;; Whether the page named by the second spelled path is that of the first, or below it.
  (func $same_page (param $a i32) (param $a_end i32) (param $b i32) (param $b_end i32) (result i32)
    (loop $bytes
      (if (i32.and (i32.lt_u (local.get $a) (local.get $a_end)) (i32.lt_u (local.get $b) (local.get $b_end)))
        (then
          (if (i32.eq (i32.load8_u (local.get $a)) (i32.load8_u (local.get $b)))
            (then
              (local.set $a (i32.add (local.get $a) (i32.const 1)))
              (local.set $b (i32.add (local.get $b) (i32.const 1)))
              (br $bytes)))))
      ;; What is left of this piece must be nothing.
      (local.set $a (call $piece_end (local.get $a) (local.get $a_end)))
      (local.set $b (call $piece_end (local.get $b) (local.get $b_end)))
      (if (i32.or (i32.eqz (local.get $a)) (i32.eqz (local.get $b))) (then (return (i32.const 0))))
      (if (i32.eqz
            (i32.and
              (call $is (local.get $a) (local.get $a_end) (i32.const 0x3A))
              (call $is (local.get $b) (local.get $b_end) (i32.const 0x3A))))
        (then
          ;; Pieces that only one of the two has do not count.
          (local.set $a (call $segment_end (local.get $a) (local.get $a_end)))
          (local.set $b (call $segment_end (local.get $b) (local.get $b_end)))
          (if (i32.eq (local.get $a) (local.get $a_end)) (then (return (i32.const 1))))
          (if (i32.eq (local.get $b) (local.get $b_end)) (then (return (i32.const 0))))))
      (br $bytes))
    (unreachable))

  ;; The end of a piece, if only dots and spaces stand before it; else 0.
  (func $piece_end (param $at i32) (param $end i32) (result i32) (local $byte i32)
    (loop $bytes
      (if (i32.eq (local.get $at) (local.get $end)) (then (return (local.get $at))))
      (local.set $byte (i32.load8_u (local.get $at)))
      (if (i32.or (i32.eq (local.get $byte) (i32.const 0x2F)) (i32.eq (local.get $byte) (i32.const 0x3A)))
        (then (return (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $bytes (call $is_idle (local.get $byte))))
    (i32.const 0))

  (func $segment_end (param $at i32) (param $end i32) (result i32)
    (loop $bytes
      (if (i32.eq (local.get $at) (local.get $end)) (then (return (local.get $at))))
      (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x2F)) (then (return (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $bytes))
    (unreachable))

  ;; A dot or a space, which file systems take off the end of a name.
  (func $is_idle (param $byte i32) (result i32)
    (i32.or (i32.eq (local.get $byte) (i32.const 0x2E)) (i32.eq (local.get $byte) (i32.const 0x20))))

  ;; The spelled path of a view: a view whose text is the view's own place, with a length that no text has. Its kind is 1, and its path has
  ;; no escapes and no case; or its kind is 2, if the path is not in one readable form. A code point beyond ASCII takes three bytes, none
  ;; of which is ASCII.
  (func $spelled (param $view i32) (result i32) (local $spelled i32)
    (local.set $spelled (call $view (local.get $view) (i32.const -1)))
    (if (i32.eqz (i32.load offset=8 (local.get $spelled)))
      (then
        ;; No code point takes more bytes than its escapes do.
        (i32.store offset=28 (local.get $spelled)
          (call $alloc (i32.load offset=32 (local.get $view)) (i32.const 1)))
        (local.set $view
          (call $spell
            (i32.load offset=28 (local.get $view))
            (i32.add (i32.load offset=28 (local.get $view)) (i32.load offset=32 (local.get $view)))
            (i32.load offset=28 (local.get $spelled))))
        (i32.store offset=32 (local.get $spelled) (i32.sub (local.get $view) (i32.load offset=28 (local.get $spelled))))
        (i32.store offset=8 (local.get $spelled) (select (i32.const 1) (i32.const 2) (local.get $view)))))
    (local.get $spelled))

  ;; Spells a path at $to; the result is the place behind it, or 0 if the path is not in one readable form.
  (func $spell (param $at i32) (param $end i32) (param $to i32) (result i32)
    (local $code i32) (local $before i32) (local $kind i32) (local $kind_before i32) (local $range i32)
    ;; Where the segment begins, and whether it has a name yet.
    (local $segment i32) (local $named i32)
    (local.set $segment (local.get $to))
    (loop $each
      (if (i32.ge_u (local.get $at) (local.get $end))
        (then
          (return
            (select (local.get $to) (i32.const 0)
              (i32.or (local.get $named) (i32.eq (local.get $to) (local.get $segment)))))))
      (local.set $code (call $byte_at (local.get $at)))
      (if (i32.lt_u (local.get $code) (i32.const 0x80))
        (then
          (local.set $at
            (i32.add (local.get $at)
              (select (i32.const 3) (i32.const 1) (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x25)))))
          (if (i32.eqz
                (i32.or
                  (local.get $named)
                  (i32.and (i32.eq (local.get $code) (i32.const 0x2F)) (i32.eq (local.get $to) (local.get $segment)))))
            (then
              (if (i32.or (i32.eq (local.get $code) (i32.const 0x2F)) (i32.eq (local.get $code) (i32.const 0x3A)))
                (then (return (i32.const 0))))
              (local.set $named (i32.eqz (call $is_idle (local.get $code))))))
          (i32.store8 (local.get $to) (call $lower (local.get $code)))
          (local.set $to (i32.add (local.get $to) (i32.const 1)))
          (if (i32.eq (local.get $code) (i32.const 0x2F))
            (then
              (local.set $segment (local.get $to))
              (local.set $named (i32.const 0))))
          (local.set $kind (i32.const 0)))
        (else
          (local.set $code (call $code_point (local.get $at) (local.get $end) (i32.const 3)))
          (local.set $at (i32.add (local.get $at) (i32.mul (i32.const 3) (call $bytes_of (local.get $code)))))
          (local.set $range (call $range_of (local.get $code)))
          (local.set $kind (call $kind (local.get $range)))
          (if (call $is_doubtful (local.get $code) (local.get $kind) (local.get $before) (local.get $kind_before))
            (then (return (i32.const 0))))
          (local.set $named (i32.const 1))
          (local.set $to (call $put_folded (local.get $to) (call $folded (local.get $code) (local.get $range))))))
      (local.set $before (local.get $code))
      (local.set $kind_before (local.get $kind))
      (br $each))
    (unreachable))

  ;; Whether a code point beyond ASCII does not stand for itself, or not behind the one before it.
  (func $is_doubtful (param $code i32) (param $kind i32) (param $before i32) (param $kind_before i32) (result i32)
    ;; Blank, or written otherwise in another form.
    (if (i32.eq (i32.and (local.get $kind) (i32.const 6)) (i32.const 2)) (then (return (i32.const 1))))
    ;; A mark on what takes none, or marks that do not rise.
    (if (i32.or (i32.eq (local.get $kind) (i32.const 4)) (i32.eq (local.get $kind) (i32.const 7)))
      (then
        (if (i32.lt_u (local.get $before) (i32.const 0x300)) (then (return (i32.const 1))))
        (if (i32.or (i32.eq (local.get $kind_before) (i32.const 4)) (i32.eq (local.get $kind_before) (i32.const 7)))
          (then (if (i32.lt_u (local.get $code) (local.get $before)) (then (return (i32.const 1))))))))
    ;; Two that are one.
    (i32.and (i32.ge_u (local.get $kind) (i32.const 6)) (i32.eq (local.get $kind_before) (i32.const 5))))

  ;; The code point without case.
  (func $folded (param $code i32) (param $range i32) (result i32)
    (if (i32.eqz (local.get $range)) (then (return (local.get $code))))
    (select
      (local.get $code)
      (i32.add (local.get $code) (i32.load offset=12 (local.get $range)))
      (i32.and
        (i32.eqz (call $kind (local.get $range)))
        (i32.sub (local.get $code) (i32.load (local.get $range))))))

  ;; Puts a folded code point; the result is the place behind it.
  (func $put_folded (param $to i32) (param $code i32) (result i32)
    ;; Sharp s is "ss", and the Armenian ligature ech yiwn its letters.
    (if (i32.eq (local.get $code) (i32.const 0xDF))
      (then
        (i32.store16 align=1 (local.get $to) (i32.const 0x7373))
        (return (i32.add (local.get $to) (i32.const 2)))))
    (if (i32.eq (local.get $code) (i32.const 0x587))
      (then
        (local.set $to (call $put_folded (local.get $to) (i32.const 0x565)))
        (local.set $code (i32.const 0x582))))
    (if (i32.lt_u (local.get $code) (i32.const 0x80))
      (then
        (i32.store8 (local.get $to) (local.get $code))
        (return (i32.add (local.get $to) (i32.const 1)))))
    (i32.store16 align=1 (local.get $to)
      (i32.or
        (i32.const 0x8080)
        (i32.or
          (i32.shr_u (local.get $code) (i32.const 14))
          (i32.and (i32.shl (local.get $code) (i32.const 1)) (i32.const 0x7F00)))))
    (i32.store8 offset=2 (local.get $to) (i32.or (local.get $code) (i32.const 0x80)))
    (i32.add (local.get $to) (i32.const 3)))

  ;; The byte at $at; of an escape, the byte that it spells.
  (func $byte_at (param $at i32) (result i32)
    (if (i32.ne (i32.load8_u (local.get $at)) (i32.const 0x25)) (then (return (i32.load8_u (local.get $at)))))
    (i32.or
      (i32.shl (call $digit (i32.load8_u offset=1 (local.get $at))) (i32.const 4))
      (call $digit (i32.load8_u offset=2 (local.get $at)))))

  ;; The code point beyond ASCII whose UTF-8 begins at $at, each byte $step behind the one before; -1 if there is none.
  (func $code_point (param $at i32) (param $end i32) (param $step i32) (result i32)
    (local $code i32) (local $size i32) (local $left i32) (local $byte i32)
    (local.set $code (call $byte_at (local.get $at)))
    (local.set $size
      (i32.add
        (i32.add (i32.const 2) (i32.ge_u (local.get $code) (i32.const 0xE0)))
        (i32.ge_u (local.get $code) (i32.const 0xF0))))
    (local.set $left (i32.sub (local.get $size) (i32.const 1)))
    ;; What marks the first byte: 0xC0, 0xE0, 0xF0.
    (local.set $code
      (i32.sub (local.get $code)
        (i32.sub (i32.const 0x100) (i32.shr_u (i32.const 0x100) (local.get $size)))))
    (loop $bytes
      (local.set $at (i32.add (local.get $at) (local.get $step)))
      (if (i32.ge_u (local.get $at) (local.get $end)) (then (return (i32.const -1))))
      (local.set $byte (i32.xor (call $byte_at (local.get $at)) (i32.const 0x80)))
      (if (i32.gt_u (local.get $byte) (i32.const 0x3F)) (then (return (i32.const -1))))
      (local.set $code (i32.or (i32.shl (local.get $code) (i32.const 6)) (local.get $byte)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $bytes (local.get $left)))
    (select (local.get $code) (i32.const -1)
      (i32.and
        (i32.ge_u (local.get $code) (i32.const 0x80))
        (i32.eq (call $bytes_of (local.get $code)) (local.get $size)))))

  ;; How many bytes of UTF-8 a code point beyond ASCII takes.
  (func $bytes_of (param $code i32) (result i32)
    (i32.add
      (i32.add (i32.const 2) (i32.ge_u (local.get $code) (i32.const 0x800)))
      (i32.ge_u (local.get $code) (i32.const 0x10000))))

  ;; A range of code points, 16 bytes: 0 the first   4 the last   8 the kind   12 what is added to fold it
  ;; Of kind 0 only every second one is folded.

  (func $kind (param $range i32) (result i32)
    (if (i32.eqz (local.get $range)) (then (return (i32.const 0))))
    (i32.load offset=8 (local.get $range)))

  ;; The range that a code point is in; 0 if it is in none.
  (func $range_of (param $code i32) (result i32) (local $low i32) (local $high i32) (local $middle i32)
    (local.set $high (call $ranges (i32.load (i32.const 8))))
    (local.set $low (i32.load offset=28 (local.get $high)))
    (local.set $high (i32.load offset=32 (local.get $high)))
    (loop $halves
      (if (i32.ge_u (local.get $low) (local.get $high)) (then (return (i32.const 0))))
      (local.set $middle
        (i32.add (local.get $low)
          (i32.and (i32.shr_u (i32.sub (local.get $high) (local.get $low)) (i32.const 1)) (i32.const -16))))
      (if (i32.lt_u (local.get $code) (i32.load (local.get $middle)))
        (then (local.set $high (local.get $middle)) (br $halves)))
      (if (i32.gt_u (local.get $code) (i32.load offset=4 (local.get $middle)))
        (then (local.set $low (i32.add (local.get $middle) (i32.const 16))) (br $halves))))
    (local.get $middle))

  ;; The ranges, read once a call: a view of the packed ones' place, whose path is all of them.
  (func $ranges (param $packed i32) (result i32)
    (local $view i32) (local $at i32) (local $end i32) (local $to i32) (local $code i32) (local $word i32)
    (local.set $view (call $view (local.get $packed) (i32.const -1)))
    (if (i32.load offset=8 (local.get $view)) (then (return (local.get $view))))
    (i32.store offset=8 (local.get $view) (i32.const 1))
    (local.set $at (i32.add (local.get $packed) (i32.const 4)))
    (local.set $end (i32.add (local.get $at) (i32.load16_u align=1 (local.get $packed))))
    (local.set $to
      (call $alloc (i32.shl (i32.load16_u offset=2 align=1 (local.get $packed)) (i32.const 4)) (i32.const 4)))
    (i32.store offset=28 (local.get $view) (local.get $to))
    (loop $each
      (local.set $word (call $number (local.get $at)))
      (local.set $at (call $behind_number (local.get $at)))
      (local.set $code (i32.add (local.get $code) (i32.shr_u (local.get $word) (i32.const 3))))
      (i32.store (local.get $to) (local.get $code))
      (local.set $code (i32.add (local.get $code) (call $number (local.get $at))))
      (local.set $at (call $behind_number (local.get $at)))
      (i32.store offset=4 (local.get $to) (local.get $code))
      (local.set $code (i32.add (local.get $code) (i32.const 1)))
      (local.set $word (i32.and (local.get $word) (i32.const 7)))
      (i32.store offset=8 (local.get $to) (local.get $word))
      (i32.store offset=12 (local.get $to) (i32.eqz (local.get $word)))
      (if (i32.eq (local.get $word) (i32.const 1))
        (then
          (local.set $word (call $number (local.get $at)))
          (local.set $at (call $behind_number (local.get $at)))
          (i32.store offset=12 (local.get $to)
            (i32.xor
              (i32.shr_u (local.get $word) (i32.const 1))
              (i32.sub (i32.const 0) (i32.and (local.get $word) (i32.const 1)))))))
      (local.set $to (i32.add (local.get $to) (i32.const 16)))
      (br_if $each (i32.lt_u (local.get $at) (local.get $end))))
    (i32.store offset=32 (local.get $view) (local.get $to))
    (local.get $view))

  ;; A number in seven bits a byte, the lowest first; the highest bit says that more follow.
  (func $number (param $at i32) (result i32)
    (if (i32.lt_u (i32.load8_u (local.get $at)) (i32.const 0x80)) (then (return (i32.load8_u (local.get $at)))))
    (i32.or
      (i32.and (i32.load8_u (local.get $at)) (i32.const 0x7F))
      (i32.shl (call $number (i32.add (local.get $at) (i32.const 1))) (i32.const 7))))

  (func $behind_number (param $at i32) (result i32)
    (loop $bytes
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $bytes (i32.ge_u (i32.load8_u (i32.sub (local.get $at) (i32.const 1))) (i32.const 0x80))))
    (local.get $at))
