package sqlstore

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A wide row crosses from the engine to Go as one text: the engine joins the
// columns, fields takes them apart again without copying. Handing over 28
// columns one by one costs four times as much (BenchmarkTrendRead in package
// sqlite), and the table keeps plain columns that anybody can query.
const separator = "\x1f" // the ASCII unit separator, made for this

// packed is the expression that joins columns.
func packed(columns string) string { return "concat_ws('" + separator + "', " + columns + ")" }

// errSeparator: a text that could not be read back.
var errSeparator = errors.New("sqlstore: a text holds a unit separator (U+001F) or U+0000")

// checkTexts refuses texts that would break a packed row. No form field that a
// person fills in can hold such characters.
func checkTexts(texts ...string) error {
	for _, text := range texts {
		if strings.ContainsAny(text, separator+"\x00") {
			return errSeparator
		}
	}
	return nil
}

// fields hands out the values of a packed row in the order of its columns.
type fields struct {
	rest  string
	ended bool
	err   error
}

func (f *fields) text() string {
	if f.ended {
		f.err = errors.New("a packed row has too few fields")
		return ""
	}
	at := strings.IndexByte(f.rest, separator[0])
	if at < 0 {
		f.ended = true
		return f.rest
	}
	text := f.rest[:at]
	f.rest = f.rest[at+1:]
	return text
}

func (f *fields) number() int64 {
	n, err := strconv.ParseInt(f.text(), 10, 64)
	if err != nil && f.err == nil {
		f.err = fmt.Errorf("a packed row does not hold a number: %w", errors.Unwrap(err))
	}
	return n
}

func (f *fields) flag() bool { return f.number() != 0 }

func (f *fields) instant() time.Time { return instant(f.number()) }

// end reports what went wrong, fields left over included.
func (f *fields) end() error {
	if f.err == nil && !f.ended {
		f.err = errors.New("a packed row has too many fields")
	}
	return f.err
}

// moment is a time as the tables keep it, instant the way back.
func moment(t time.Time) int64 { return t.UnixMicro() }

func instant(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

// flag is a truth value as the tables keep it.
func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
