package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/painscore/painscore/client/cmd/painscore/jsonl"
	"github.com/painscore/painscore/client/cmd/painscore/mapping"
	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/scoring/instruments"
)

// findFormat goes by the files' names where no format is given.
func (f *importFlags) findFormat(files []string) error {
	if f.format == "" {
		for _, name := range files {
			format := map[string]string{".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}[strings.ToLower(filepath.Ext(name))]
			if format == "" || f.format != "" && f.format != format {
				return errors.New("--format csv or jsonl must be given: the files' names do not say it")
			}
			f.format = format
		}
	}
	if f.format != "csv" && f.format != "jsonl" {
		return errors.New("--format takes csv or jsonl")
	}
	return nil
}

// checkFiles reads all files once, before anything is sent: half a file in
// another encoding would be found out too late. It returns their size in bytes.
func checkFiles(files []string) (total int64, err error) {
	for _, name := range files {
		size, err := checkUTF8(name)
		if err != nil {
			return 0, err
		}
		total += size
	}
	return total, nil
}

func checkUTF8(name string) (size int64, err error) {
	file, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	if !info.Mode().IsRegular() {
		return 0, fmt.Errorf("%s: not a regular file; an import reads its files twice", name)
	}
	buf, kept, line := make([]byte, 64<<10), 0, 1
	for {
		n, err := file.Read(buf[kept:])
		if err != nil && err != io.EOF {
			return 0, err
		}
		size += int64(n)
		text := buf[:kept+n]
		end := len(text)
		if err != io.EOF {
			end = unfinished(text)
		}
		if bad := invalid(text[:end]); bad >= 0 {
			line += bytes.Count(text[:bad], []byte("\n"))
			return 0, &exit{exitBadInput, fmt.Errorf("%s:%d: not UTF-8: save it as \"CSV UTF-8\", or convert it: iconv -f WINDOWS-1252 -t UTF-8", filepath.Base(name), line)}
		}
		if err == io.EOF {
			return size, nil
		}
		line += bytes.Count(text[:end], []byte("\n"))
		kept = copy(buf, text[end:])
	}
}

// unfinished is where a character begins whose rest was not read yet; the
// length where there is none.
func unfinished(text []byte) int {
	for i := len(text) - 1; i >= max(0, len(text)-utf8.UTFMax); i-- {
		if utf8.RuneStart(text[i]) {
			if utf8.FullRune(text[i:]) {
				break
			}
			return i
		}
	}
	return len(text)
}

// invalid is where the first byte stands that is not UTF-8; -1 without one.
func invalid(text []byte) int {
	if utf8.Valid(text) {
		return -1
	}
	for i := 0; ; {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size <= 1 {
			return i
		}
		i += size
	}
}

// entry is one row or line of a file, and the sheets it holds.
type entry struct {
	file     string   // its base name
	line     int      // where it begins
	original any      // []string of a table, []byte of a line
	header   []string // of a table
	comma    rune
	parts    []part
	open     int // parts without a result yet
}

// part is one sheet of an entry.
type part struct {
	request *pb.SubmitRequest
	column  func(field string) string // what the contract's field is called in the file
	refused *refusedPart
}

type refusedPart struct {
	Reason     string              `json:"reason"`
	Violations []mapping.Violation `json:"violations,omitempty"`
}

// rowSource gives the entries of one file.
type rowSource interface {
	next() (*entry, error) // io.EOF after the last; any other error is final
	offset() int64         // bytes read
	close() error
}

// opener returns what opens a file.
func (f *importFlags) opener(definitions mapping.Definitions) (func(name string) (rowSource, error), error) {
	if f.format == "jsonl" {
		return func(name string) (rowSource, error) { return openLines(name, definitions) }, nil
	}
	body, err := os.ReadFile(f.mapping)
	if err != nil {
		return nil, fmt.Errorf("--map: %w", err)
	}
	m, err := mapping.Read(filepath.Base(f.mapping), body)
	if err != nil {
		return nil, &exit{exitBadInput, fmt.Errorf("the mapping:\n%w", err)}
	}
	var key []byte
	if f.idKey != "" {
		if key, err = loadIDKey(f.idKey); err != nil {
			return nil, fmt.Errorf("--id-key: %w", err)
		}
	}
	return func(name string) (rowSource, error) { return openTable(name, m, definitions, key) }, nil
}

// loadIDKey reads the key, or makes one.
func loadIDKey(name string) ([]byte, error) {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		key, err := hex.DecodeString(strings.TrimSpace(string(text)))
		if err != nil || len(key) < 32 {
			return nil, errors.New("the file does not hold a key of painscore's: 64 hexadecimal digits")
		}
		return key, nil
	}
	if err != nil {
		return nil, err
	}
	key := make([]byte, 32)
	rand.Read(key)
	_, err = fmt.Fprintln(file, hex.EncodeToString(key))
	return key, errors.Join(err, file.Sync(), file.Close())
}

// tableSource reads CSV.
type tableSource struct {
	file  *os.File
	name  string
	comma rune
	table *mapping.Table
	plan  *mapping.Plan
}

func openTable(name string, m *mapping.Mapping, definitions mapping.Definitions, key []byte) (rowSource, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	s := &tableSource{file: file, name: filepath.Base(name), comma: m.Comma()}
	if s.table, err = mapping.NewTable(file, m.Comma()); err != nil {
		file.Close()
		return nil, &exit{exitBadInput, fmt.Errorf("%s: %w", s.name, err)}
	}
	if s.plan, err = m.Bind(s.table.Header, definitions, key); err != nil {
		file.Close()
		var problems instruments.Problems
		if errors.As(err, &problems) {
			return nil, &exit{exitBadInput, fmt.Errorf("the mapping does not fit %s:\n%w", s.name, err)}
		}
		return nil, err
	}
	return s, nil
}

func (s *tableSource) next() (*entry, error) {
	cells, line, err := s.table.Next()
	if err == io.EOF {
		return nil, err
	}
	if err != nil {
		return nil, &exit{exitBadInput, fmt.Errorf("%s: %w", s.name, err)}
	}
	e := &entry{file: s.name, line: line, original: cells, header: s.table.Header, comma: s.comma}
	if len(cells) != len(s.table.Header) {
		problem := fmt.Sprintf("the row has %d cells, the header %d", len(cells), len(s.table.Header))
		e.parts = []part{{refused: &refusedPart{"WRONG_COUNT", []mapping.Violation{{Reason: "WRONG_COUNT", Description: problem}}}}}
		return e, nil
	}
	for _, record := range s.plan.Row(cells) {
		p := part{request: record.Request, column: record.Column}
		p.refuse(record.Violations)
		e.parts = append(e.parts, p)
	}
	return e, nil
}

func (s *tableSource) offset() int64 { return s.table.Offset() }
func (s *tableSource) close() error  { return s.file.Close() }

// refuse keeps a part from being sent if something is wrong with it.
func (p *part) refuse(violations []mapping.Violation) {
	if len(violations) == 0 {
		return
	}
	p.refused = &refusedPart{violations[0].Reason, violations}
	for _, v := range violations {
		if v.Reason != violations[0].Reason {
			p.refused.Reason = "INVALID_INPUT"
		}
	}
}

// lineSource reads JSON Lines.
type lineSource struct {
	file  *os.File
	name  string
	lines *bufio.Scanner
	read  lineReader
	line  int
	bytes int64
}

func openLines(name string, definitions mapping.Definitions) (rowSource, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	s := &lineSource{file: file, name: filepath.Base(name), lines: bufio.NewScanner(file)}
	s.lines.Buffer(make([]byte, 64<<10), jsonl.MaxLine)
	s.read = lineReader{definitions: definitions, types: map[[2]string]map[string]pb.ItemType{}}
	return s, nil
}

func (s *lineSource) next() (*entry, error) {
	s.line++
	if !s.lines.Scan() {
		if err := s.lines.Err(); err != nil {
			return nil, &exit{exitBadInput, fmt.Errorf("%s:%d: %w; what follows was not read", s.name, s.line, err)}
		}
		return nil, io.EOF
	}
	text := s.lines.Text()
	s.bytes += int64(len(text)) + 1
	if s.line == 1 {
		text = strings.TrimPrefix(text, "\ufeff")
	}
	e := &entry{file: s.name, line: s.line, original: []byte(text)}
	request, violations, err := s.read.read([]byte(text))
	if err != nil {
		return nil, err
	}
	p := part{request: request, column: func(field string) string { return field }}
	p.refuse(violations)
	e.parts = []part{p}
	return e, nil
}

func (s *lineSource) offset() int64 { return s.bytes }
func (s *lineSource) close() error  { return s.file.Close() }
