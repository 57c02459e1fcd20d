package jsonl

import (
	"unicode/utf16"
	"unicode/utf8"
)

// tokens walks over one JSON text. A method that meets something that JSON
// does not allow there sets bad; from then on nothing that is returned counts.
type tokens struct {
	b       []byte
	i       int
	bad     bool
	scratch []byte // strings that had escapes, one after the other
	nesting []byte // the open brackets of a value that is being skipped
}

// maxNesting is encoding/json's limit: deeper values are not valid here either.
const maxNesting = 10000

func (t *tokens) reset(b []byte) {
	t.b, t.i, t.bad = b, 0, false
	t.scratch, t.nesting = t.scratch[:0], t.nesting[:0]
}

func (t *tokens) fail() { t.bad, t.i = true, len(t.b) }

// peek skips white space and returns the next byte, 0 at the end.
func (t *tokens) peek() byte {
	for t.i < len(t.b) {
		switch c := t.b[t.i]; c {
		case ' ', '\t', '\n', '\r':
			t.i++
		default:
			return c
		}
	}
	return 0
}

// expect takes c, which must come next.
func (t *tokens) expect(c byte) {
	if t.peek() != c {
		t.fail()
		return
	}
	t.i++
}

// more says whether another member follows in an object or list that close
// ends, and takes the comma or bracket that says so. first is true before the
// first member.
func (t *tokens) more(first bool, close byte) bool {
	c := t.peek()
	if c == close {
		t.i++
		return false
	}
	if !first {
		t.expect(',')
		if t.peek() == close { // a comma before the bracket
			t.fail()
		}
	}
	return !t.bad
}

// key takes a member's name and the colon after it.
func (t *tokens) key() []byte {
	if t.peek() != '"' {
		t.fail()
		return nil
	}
	name := t.str()
	t.expect(':')
	return name
}

// str takes a string, whose quote comes next, and returns what it stands for.
// It is valid until reset.
func (t *tokens) str() []byte {
	t.i++
	start := t.i
	for t.i < len(t.b) {
		switch c := t.b[t.i]; {
		case c == '"':
			s := t.b[start:t.i]
			t.i++
			return s
		case c == '\\':
			return t.escaped(start)
		case c < ' ':
			t.fail()
			return nil
		}
		t.i++
	}
	t.fail()
	return nil
}

// escaped goes on with a string at its first escape.
func (t *tokens) escaped(start int) []byte {
	begin := len(t.scratch)
	t.scratch = append(t.scratch, t.b[start:t.i]...)
	for t.i < len(t.b) {
		c := t.b[t.i]
		t.i++
		switch {
		case c == '"':
			return t.scratch[begin:]
		case c == '\\':
			t.escape()
		case c < ' ':
			t.fail()
		default:
			t.scratch = append(t.scratch, c)
		}
	}
	t.fail()
	return nil
}

// escape takes what follows a backslash.
func (t *tokens) escape() {
	if t.i >= len(t.b) {
		t.fail()
		return
	}
	c := t.b[t.i]
	t.i++
	switch c {
	case '"', '\\', '/':
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'u':
		t.scratch = utf8.AppendRune(t.scratch, t.codePoint())
		return
	default:
		t.fail()
		return
	}
	t.scratch = append(t.scratch, c)
}

// codePoint takes the digits of a \u escape, and of a second one where the two
// are a surrogate pair. A lone surrogate becomes U+FFFD.
func (t *tokens) codePoint() rune {
	r := t.hex4()
	if !utf16.IsSurrogate(r) {
		return r
	}
	if t.i+1 < len(t.b) && t.b[t.i] == '\\' && t.b[t.i+1] == 'u' {
		back := t.i
		t.i += 2
		if pair := utf16.DecodeRune(r, t.hex4()); pair != utf8.RuneError {
			return pair
		}
		if !t.bad {
			t.i = back // the second stands for itself
		}
	}
	return utf8.RuneError
}

func (t *tokens) hex4() rune {
	if len(t.b)-t.i < 4 {
		t.fail()
		return 0
	}
	var r rune
	for _, c := range t.b[t.i : t.i+4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			t.fail()
			return 0
		}
		r = r<<4 | rune(c)
	}
	t.i += 4
	return r
}

// number takes a number and returns its text.
func (t *tokens) number() []byte {
	start := t.i
	if t.b[t.i] == '-' {
		t.i++
	}
	if t.i < len(t.b) && t.b[t.i] == '0' {
		t.i++
	} else {
		t.digits()
	}
	if t.i < len(t.b) && t.b[t.i] == '.' {
		t.i++
		t.digits()
	}
	if t.i < len(t.b) && t.b[t.i]|0x20 == 'e' {
		t.i++
		if t.i < len(t.b) && (t.b[t.i] == '+' || t.b[t.i] == '-') {
			t.i++
		}
		t.digits()
	}
	if t.bad {
		return nil
	}
	return t.b[start:t.i]
}

// digits takes one digit or more.
func (t *tokens) digits() {
	start := t.i
	for t.i < len(t.b) && '0' <= t.b[t.i] && t.b[t.i] <= '9' {
		t.i++
	}
	if t.i == start {
		t.fail()
	}
}

// word takes true, false or null.
func (t *tokens) word() {
	for _, w := range [...]string{"true", "false", "null"} {
		if len(t.b)-t.i >= len(w) && string(t.b[t.i:t.i+len(w)]) == w {
			t.i += len(w)
			return
		}
	}
	t.fail()
}

// skip takes any value, around which so many brackets are open. It keeps the
// open brackets itself: recursion could be driven as deep as a line is long.
func (t *tokens) skip(around int) {
	t.nesting = t.nesting[:0]
	for {
		opened := t.skipStart(around)
		if t.bad {
			return
		}
		if !opened && !t.skipEnds() {
			return
		}
	}
}

// skipStart takes a plain value, or the beginning of an object or list up to
// where its first value starts, and reports the latter.
func (t *tokens) skipStart(around int) bool {
	switch c := t.peek(); {
	case c == '{' || c == '[':
		t.i++
		if around+len(t.nesting) >= maxNesting {
			t.fail()
			return false
		}
		closing := c + 2 // in ASCII, for both kinds
		if t.peek() == closing {
			t.i++
			return false
		}
		t.nesting = append(t.nesting, closing)
		if c == '{' {
			t.key()
		}
		return true
	case c == '"':
		t.str()
	case c == '-' || '0' <= c && c <= '9':
		t.number()
	default:
		t.word()
	}
	return false
}

// skipEnds takes what follows a finished value: closing brackets, and a comma
// if the value has a neighbour; it reports whether there is one.
func (t *tokens) skipEnds() bool {
	for len(t.nesting) > 0 {
		top := t.nesting[len(t.nesting)-1]
		if t.more(false, top) {
			if top == '}' {
				t.key()
			}
			return !t.bad
		}
		if t.bad {
			return false
		}
		t.nesting = t.nesting[:len(t.nesting)-1]
	}
	return false
}
