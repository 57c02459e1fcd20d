package jsonl

import (
	"bytes"
	"io"
)

// lines cuts a stream into lines.
type lines struct {
	in       io.Reader
	buf      []byte // holds what was read
	from, to int    // the part of buf not yet given out
	searched int    // before here, from on, is no line end
	skipping bool   // inside the rest of a line that was too long
	begun    bool   // past the start of the stream
	done     bool
	err      error // what ended the stream, nil for io.EOF
}

type state int

const (
	oneLine  state = iota
	tooLong        // a line was, or is already, longer than MaxLine
	needMore       // call read
	ended
)

// next returns the next line without its end: "\n" or "\r\n". The last line
// may lack one. The line is valid until read is called.
func (l *lines) next() ([]byte, state) {
	for {
		end := bytes.IndexByte(l.buf[l.searched:l.to], '\n')
		if end < 0 {
			l.searched = l.to
			return l.unfinished()
		}
		end += l.searched
		line := l.buf[l.from:end]
		l.from, l.searched = end+1, end+1
		if l.skipping {
			l.skipping = false
			continue
		}
		return l.give(line)
	}
}

// unfinished deals with a line whose end has not been read.
func (l *lines) unfinished() ([]byte, state) {
	line := l.buf[l.from:l.to]
	if !l.skipping && len(line) > MaxLine+1 { // one more for the \r
		l.skipping, l.begun = true, true
		l.from = l.to
		return nil, tooLong
	}
	if l.skipping {
		l.from = l.to
	}
	if !l.done {
		return nil, needMore
	}
	if l.skipping || len(line) == 0 {
		return nil, ended
	}
	l.from = l.to
	return l.give(line)
}

func (l *lines) give(line []byte) ([]byte, state) {
	if !l.begun {
		l.begun = true
		line = bytes.TrimPrefix(line, []byte("\ufeff")) // some editors on Windows write one
	}
	line = bytes.TrimSuffix(line, []byte("\r"))
	if len(line) > MaxLine {
		return nil, tooLong
	}
	return line, oneLine
}

// read waits for more of the stream.
func (l *lines) read() {
	if l.from > 0 {
		copy(l.buf, l.buf[l.from:l.to])
		l.to -= l.from
		l.searched -= l.from
		l.from = 0
	}
	if l.to == len(l.buf) {
		l.buf = append(l.buf, make([]byte, max(64<<10, len(l.buf)))...)
	}
	n, err := l.in.Read(l.buf[l.to:])
	l.to += n
	if err != nil {
		l.done = true
		if err != io.EOF {
			l.err = err
		}
	}
}
