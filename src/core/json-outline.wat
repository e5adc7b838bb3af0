;; Takes the long strings out of a JSON text, in one pass.
;;
;; The text lies at `from`, with 16 zero bytes behind it. The outline, the same text whose long string values are cut to
;; the letters they begin with, is written at `to`. Of every member of the top-level object five words are written at
;; `members`: where its key and its value begin and end, and whether something in the value was cut.
;;
;; What is cut is checked as JSON.parse would: no control characters, no unknown escapes. What is not cut is left to it.
(module
  (memory (export "memory") 1 512)
  ;; 1 for every character that makes an escape of two.
  (data (i32.const 0) "\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\01\00\00\00\00\00\00\00\00\00\00\00\00\01\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\01\00\00\00\00\00\01\00\00\00\01\00\00\00\00\00\00\00\01\00\00\00\01\00\01\00\00\00\00\00\00\00\00\00\00\00")
  (global $members (export "members") (mut i32) (i32.const 0))

  ;; A byte that may stand in the beginning that is kept: printable ASCII that needs no escape.
  (func $isPlain (param $byte i32) (result i32)
    (i32.and
      (i32.lt_u (i32.sub (local.get $byte) (i32.const 0x20)) (i32.const 0x5f))
      (i32.and
        (i32.ne (local.get $byte) (i32.const 0x22))
        (i32.ne (local.get $byte) (i32.const 0x5c)))))

  ;; A hex digit's value, or 16 for what is none.
  (func $hex (param $byte i32) (result i32)
    (local $digit i32)
    (local.set $digit (i32.sub (local.get $byte) (i32.const 0x30)))
    (if (i32.lt_u (local.get $digit) (i32.const 10)) (then (return (local.get $digit))))
    (local.set $digit (i32.sub (i32.or (local.get $byte) (i32.const 0x20)) (i32.const 0x61)))
    (if (i32.lt_u (local.get $digit) (i32.const 6)) (then (return (i32.add (local.get $digit) (i32.const 10)))))
    (i32.const 16))

  ;; Where the escape of a code unit at `at` ends; 0 where it is none, or hides what a name is made of from those who look
  ;; at the bytes.
  (func $escapeEnd (param $at i32) (result i32)
    (local $high i32)
    (local $third i32)
    (local $fourth i32)
    (local $code i32)
    (if (i32.ne (i32.load8_u offset=1 (local.get $at)) (i32.const 0x75)) (then (return (i32.const 0))))
    (local.set $high
      (i32.or
        (i32.shl (call $hex (i32.load8_u offset=2 (local.get $at))) (i32.const 8))
        (call $hex (i32.load8_u offset=3 (local.get $at)))))
    (local.set $third (call $hex (i32.load8_u offset=4 (local.get $at))))
    (local.set $fourth (call $hex (i32.load8_u offset=5 (local.get $at))))
    (if
      (i32.or
        (i32.and (local.get $high) (i32.const 0x1010))
        (i32.and (i32.or (local.get $third) (local.get $fourth)) (i32.const 0x10)))
      (then (return (i32.const 0))))
    ;; Letters, digits and what names are joined by. What serializers do write so are controls, quotes and < = > &.
    (local.set $code (i32.or (i32.shl (local.get $third) (i32.const 4)) (local.get $fourth)))
    (if (i32.eqz (local.get $high))
      (then
        (if (i32.lt_u (i32.sub (local.get $code) (i32.const 0x2d)) (i32.const 15)) (then (return (i32.const 0))))
        (if (i32.lt_u (i32.sub (local.get $code) (i32.const 0x40)) (i32.const 64)) (then (return (i32.const 0))))))
    (i32.add (local.get $at) (i32.const 6)))

  ;; Where the string that begins at `at`, behind its quote, has its closing quote; 0 if it is no string of JSON.
  (func $stringEnd (param $at i32) (result i32)
    (local $chunk v128)
    (local $stops i32)
    (local $place i32)
    (local $stop i32)
    (local $byte i32)
    (loop $on
      (local.set $chunk (v128.load (local.get $at)))
      (local.set $stops
        (i8x16.bitmask
          (v128.or
            (v128.or
              (i8x16.eq (local.get $chunk) (i8x16.splat (i32.const 0x22)))
              (i8x16.eq (local.get $chunk) (i8x16.splat (i32.const 0x5c))))
            (i8x16.lt_u (local.get $chunk) (i8x16.splat (i32.const 0x20))))))
      (loop $inside
        (if (i32.eqz (local.get $stops))
          (then
            (local.set $at (i32.add (local.get $at) (i32.const 16)))
            (br $on)))
        (local.set $place (i32.ctz (local.get $stops)))
        (local.set $stop (i32.add (local.get $at) (local.get $place)))
        (local.set $byte (i32.load8_u (local.get $stop)))
        (if (i32.eq (local.get $byte) (i32.const 0x22)) (then (return (local.get $stop))))
        (if (i32.ne (local.get $byte) (i32.const 0x5c)) (then (return (i32.const 0))))
        (if (i32.load8_u (i32.load8_u offset=1 (local.get $stop)))
          (then
            (if (i32.eq (local.get $place) (i32.const 15))
              (then
                (local.set $at (i32.add (local.get $at) (i32.const 17)))
                (br $on)))
            (local.set $stops (i32.and (local.get $stops) (i32.shl (i32.const -4) (local.get $place))))
            (br $inside)))
        (local.set $at (call $escapeEnd (local.get $stop)))
        (br_if $on (i32.ne (local.get $at) (i32.const 0)))))
    (i32.const 0))

  (func $skipBlank (param $at i32) (result i32)
    (local $byte i32)
    (loop $on
      (local.set $byte (i32.load8_u (local.get $at)))
      (if
        (i32.or
          (i32.or (i32.eq (local.get $byte) (i32.const 0x20)) (i32.eq (local.get $byte) (i32.const 0x0a)))
          (i32.or (i32.eq (local.get $byte) (i32.const 0x0d)) (i32.eq (local.get $byte) (i32.const 0x09))))
        (then
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br $on))))
    (local.get $at))

  ;; The outline's length, or -1 where the text is left to JSON.parse as a whole.
  (func (export "outline")
    (param $from i32) (param $length i32) (param $to i32) (param $table i32) (param $tableEnd i32) (param $kept i32) (param $begun i32)
    (result i32)
    (local $at i32)
    (local $end i32)
    (local $out i32)
    (local $run i32)
    (local $depth i32)
    (local $byte i32)
    (local $close i32)
    (local $cut i32)
    (local $row i32)
    (local $isCut i32)
    (local $keyStart i32)
    (local $keyEnd i32)
    (local $valueStart i32)
    (local.set $at (local.get $from))
    (local.set $end (i32.add (local.get $from) (local.get $length)))
    (local.set $out (local.get $to))
    (local.set $run (local.get $from))
    (local.set $row (local.get $table))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $byte (i32.load8_u (local.get $at)))
        (if (i32.eq (local.get $byte) (i32.const 0x22))
          (then
            (local.set $close (call $stringEnd (i32.add (local.get $at) (i32.const 1))))
            (if (i32.eqz (local.get $close)) (then (return (i32.const -1))))
            (if (i32.eq (i32.load8_u (call $skipBlank (i32.add (local.get $close) (i32.const 1)))) (i32.const 0x3a))
              (then
                (if (i32.eq (local.get $depth) (i32.const 1))
                  (then
                    (local.set $keyStart (local.get $at))
                    (local.set $keyEnd (i32.add (local.get $close) (i32.const 1))))))
              (else
                (if (i32.gt_u (i32.sub (local.get $close) (local.get $at)) (i32.add (local.get $kept) (i32.const 1)))
                  (then
                    (local.set $isCut (i32.const 1))
                    (local.set $cut (i32.add (local.get $at) (i32.const 1)))
                    (loop $begin
                      (if (call $isPlain (i32.load8_u (local.get $cut)))
                        (then
                          (local.set $cut (i32.add (local.get $cut) (i32.const 1)))
                          (br_if $begin (i32.le_u (i32.sub (local.get $cut) (local.get $at)) (local.get $begun))))))
                    (memory.copy (local.get $out) (local.get $run) (i32.sub (local.get $cut) (local.get $run)))
                    (local.set $out (i32.add (local.get $out) (i32.sub (local.get $cut) (local.get $run))))
                    (local.set $run (local.get $close))))))
            (local.set $at (i32.add (local.get $close) (i32.const 1)))
            (br $next)))
        (if (i32.eq (i32.or (local.get $byte) (i32.const 0x20)) (i32.const 0x7b))
          (then
            (local.set $depth (i32.add (local.get $depth) (i32.const 1)))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br $next)))
        (if (i32.eq (local.get $depth) (i32.const 1))
          (then
            (if (i32.eq (local.get $byte) (i32.const 0x3a))
              (then
                (local.set $valueStart (i32.add (local.get $at) (i32.const 1)))
                (local.set $isCut (i32.const 0))))
            (if
              (i32.or
                (i32.eq (local.get $byte) (i32.const 0x2c))
                (i32.eq (i32.or (local.get $byte) (i32.const 0x20)) (i32.const 0x7d)))
              (then
                (if (i32.ne (local.get $keyStart) (i32.const 0))
                  (then
                    (if (i32.ge_u (local.get $row) (local.get $tableEnd)) (then (return (i32.const -1))))
                    (i32.store (local.get $row) (i32.sub (local.get $keyStart) (local.get $from)))
                    (i32.store offset=4 (local.get $row) (i32.sub (local.get $keyEnd) (local.get $from)))
                    (i32.store offset=8 (local.get $row) (i32.sub (local.get $valueStart) (local.get $from)))
                    (i32.store offset=12 (local.get $row) (i32.sub (local.get $at) (local.get $from)))
                    (i32.store offset=16 (local.get $row) (local.get $isCut))
                    (local.set $row (i32.add (local.get $row) (i32.const 20)))
                    (local.set $keyStart (i32.const 0))))))))
        (if (i32.eq (i32.or (local.get $byte) (i32.const 0x20)) (i32.const 0x7d))
          (then
            (if (i32.eqz (local.get $depth)) (then (return (i32.const -1))))
            (local.set $depth (i32.sub (local.get $depth) (i32.const 1)))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (memory.copy (local.get $out) (local.get $run) (i32.sub (local.get $end) (local.get $run)))
    (global.set $members (i32.div_u (i32.sub (local.get $row) (local.get $table)) (i32.const 20)))
    (i32.sub (i32.add (local.get $out) (i32.sub (local.get $end) (local.get $run))) (local.get $to))))
