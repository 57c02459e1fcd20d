package instruments

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/painscore/painscore/scoring"
)

// Limits on a file, checked before it is parsed: the parser is recursive and a
// stack that overflows cannot be recovered from.
const (
	maxFileBytes   = 128 << 10
	maxLineBytes   = 2000
	maxTokens      = 30_000
	maxFlowDepth   = 16
	maxIndentation = 64
)

// Problem is one thing wrong with a definition file.
type Problem struct {
	File         string
	Line, Column int // from 1
	Reason       string
}

// Error returns file:line:column: reason.
func (p Problem) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Reason)
}

// Problems is the error of files that were refused: every problem of them.
type Problems []Problem

// Error lists the problems, one per line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i := range p {
		lines[i] = p[i].Error()
	}
	return strings.Join(lines, "\n")
}

// parsed is one decoded file. Exactly one of def and set is filled in.
type parsed struct {
	name string
	body []byte
	hash string
	def  *scoring.Definition
	set  *scoring.ValueSetDefinition
	dec  *decoder
}

// parse decodes one file. A file with the key value_set is a value set,
// everything else a definition.
func parse(name string, body []byte) (*parsed, Problems) {
	root, problem := tree(name, body)
	if problem != nil {
		return nil, Problems{*problem}
	}
	sum := sha256.Sum256(body)
	f := &parsed{name: name, body: body, hash: hex.EncodeToString(sum[:]),
		dec: &decoder{file: name, places: map[string]place{}}}
	if hasKey(root, "value_set") {
		f.set = &scoring.ValueSetDefinition{}
		f.dec.decode("", root, reflect.ValueOf(f.set).Elem())
		f.set.FileHash = f.hash
	} else {
		f.def = &scoring.Definition{}
		f.dec.decode("", root, reflect.ValueOf(f.def).Elem())
		f.def.FileHash = f.hash
	}
	return f, f.dec.problems
}

func hasKey(root ast.Node, key string) bool {
	if m, ok := root.(*ast.MappingNode); ok {
		for _, v := range m.Values {
			if text, _ := scalarText(v.Key); text == key {
				return true
			}
		}
	}
	return false
}

// tree parses the file's YAML into its one document. The library's panics on
// malformed input become a problem like any other.
func tree(name string, body []byte) (root ast.Node, problem *Problem) {
	fail := func(line, column int, reason string) (ast.Node, *Problem) {
		return nil, &Problem{File: name, Line: line, Column: column, Reason: reason}
	}
	defer func() {
		if recover() != nil {
			root, problem = fail(1, 1, "not valid YAML")
		}
	}()
	if line, reason := checkText(body); reason != "" {
		return fail(line, 1, reason)
	}
	tokens := lexer.Tokenize(string(body))
	if t, reason := checkTokens(tokens); reason != "" {
		return fail(t.Position.Line, t.Position.Column, reason)
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		var syntax yaml.Error
		if errors.As(err, &syntax) && syntax.GetToken() != nil {
			at := syntax.GetToken().Position
			return fail(at.Line, at.Column, "not valid YAML: "+syntax.GetMessage())
		}
		return fail(1, 1, "not valid YAML")
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return fail(1, 1, "expected one YAML document")
	}
	return file.Docs[0].Body, nil
}

func checkText(body []byte) (line int, reason string) {
	if len(body) > maxFileBytes {
		return 1, fmt.Sprintf("the file is larger than %d bytes", maxFileBytes)
	}
	if !utf8.Valid(body) {
		return 1, "the file is not UTF-8"
	}
	for i, text := range strings.Split(string(body), "\n") {
		if len(text) > maxLineBytes {
			return i + 1, fmt.Sprintf("the line is longer than %d bytes", maxLineBytes)
		}
		for _, c := range text {
			if c < ' ' && c != '\r' || c == 0x7f {
				return i + 1, "control characters and tabs are not accepted"
			}
		}
	}
	return 0, ""
}

// checkTokens bounds how deep the document can nest.
func checkTokens(tokens token.Tokens) (*token.Token, string) {
	depth, entries, line := 0, 0, 0
	for i, t := range tokens {
		if i >= maxTokens {
			return t, fmt.Sprintf("the file has more than %d tokens", maxTokens)
		}
		if t.Position.Line != line {
			line, entries = t.Position.Line, 0
		}
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			depth++
		case token.MappingEndType, token.SequenceEndType:
			depth--
		case token.SequenceEntryType, token.MappingKeyType:
			if entries++; entries > 4 || t.Position.Column > maxIndentation {
				return t, "lists are nested too deep"
			}
		case token.AnchorType, token.AliasType, token.TagType, token.MergeKeyType:
			return t, "anchors, aliases, tags and merge keys are not accepted"
		case token.InvalidType:
			return t, "not valid YAML"
		}
		if depth > maxFlowDepth {
			return t, "brackets are nested too deep"
		}
	}
	return nil, ""
}

// locate turns the problems of a compiled definition into those of the file.
func (f *parsed) locate(err error) Problems {
	var bad *scoring.DefinitionError
	if !errors.As(err, &bad) {
		return Problems{{File: f.name, Line: 1, Column: 1, Reason: err.Error()}}
	}
	var out Problems
	for _, p := range bad.Problems {
		at := f.dec.find(p.Path)
		out = append(out, Problem{File: f.name, Line: at.line, Column: at.column, Reason: p.Reason})
	}
	return out
}

// problem is one about the file as a whole, placed at a key of it.
func (f *parsed) problem(path, reason string) Problem {
	at := f.dec.find(path)
	return Problem{File: f.name, Line: at.line, Column: at.column, Reason: reason}
}
