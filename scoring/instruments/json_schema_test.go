package instruments

import (
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
)

// schemaOf reads one of the schemas.
func schemaOf(t *testing.T, format string) *jsonSchema {
	t.Helper()
	body, ok := Schema(format)
	if !ok {
		t.Fatalf("no schema %s", format)
	}
	s := &jsonSchema{t: t}
	if err := json.Unmarshal(body, &s.root); err != nil {
		t.Fatal(err)
	}
	return s
}

// jsonSchema validates with the few keywords that the two schemas use. A
// keyword that it does not know stops the test: it would otherwise be ignored.
type jsonSchema struct {
	t        *testing.T
	root     map[string]any
	problems []string
}

// resolve follows a $ref, keeping nothing of what stands beside it: only
// descriptions do.
func (s *jsonSchema) resolve(node map[string]any) map[string]any {
	for node["$ref"] != nil {
		name, ok := strings.CutPrefix(node["$ref"].(string), "#/$defs/")
		target, found := s.root["$defs"].(map[string]any)[name].(map[string]any)
		if !ok || !found {
			s.t.Fatalf("$ref %s leads nowhere", node["$ref"])
		}
		node = target
	}
	return node
}

// validate returns what is wrong with a value, by path.
func (s *jsonSchema) validate(value any) []string {
	s.problems = nil
	s.check("", s.root, value)
	return s.problems
}

func (s *jsonSchema) wrong(path, format string, args ...any) {
	s.problems = append(s.problems, path+": "+fmt.Sprintf(format, args...))
}

func (s *jsonSchema) check(path string, node map[string]any, value any) {
	node = s.resolve(node)
	for keyword, want := range node {
		switch keyword {
		case "$schema", "$id", "$defs", "title", "description", "properties":
		case "type":
			s.checkType(path, want, value)
		case "const", "enum":
			words, ok := want.([]any)
			if !ok {
				words = []any{want}
			}
			found := false
			for _, w := range words {
				found = found || reflect.DeepEqual(w, value)
			}
			if !found {
				s.wrong(path, "not one of %v", words)
			}
		case "pattern":
			if text, ok := value.(string); ok && !regexp.MustCompile(want.(string)).MatchString(text) {
				s.wrong(path, "does not match %s", want)
			}
		case "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "minProperties":
			s.checkBound(path, keyword, want.(float64), value)
		case "required", "additionalProperties":
			s.checkObject(path, keyword, node, value)
		case "items":
			list, _ := value.([]any)
			for i, v := range list {
				s.check(fmt.Sprintf("%s[%d]", path, i), want.(map[string]any), v)
			}
		default:
			s.t.Fatalf("%s: this validator does not know %s", path, keyword)
		}
	}
	object, _ := value.(map[string]any)
	properties, _ := node["properties"].(map[string]any)
	for key, v := range object {
		if p, ok := properties[key]; ok {
			s.check(join(path, key), p.(map[string]any), v)
		}
	}
}

func (s *jsonSchema) checkType(path string, want, value any) {
	names, ok := want.([]any)
	if !ok {
		names = []any{want}
	}
	for _, name := range names {
		switch v := value.(type) {
		case string:
			ok = name == "string"
		case bool:
			ok = name == "boolean"
		case float64:
			ok = name == "number" || name == "integer" && v == float64(int64(v))
		case []any:
			ok = name == "array"
		case map[string]any:
			ok = name == "object"
		default:
			ok = false
		}
		if ok {
			return
		}
	}
	s.wrong(path, "not of type %v", want)
}

func (s *jsonSchema) checkBound(path, keyword string, bound float64, value any) {
	size := map[string]func() (float64, bool){
		"Length":     func() (float64, bool) { v, ok := value.(string); return float64(utf8.RuneCountInString(v)), ok },
		"Items":      func() (float64, bool) { v, ok := value.([]any); return float64(len(v)), ok },
		"Properties": func() (float64, bool) { v, ok := value.(map[string]any); return float64(len(v)), ok },
		"imum":       func() (float64, bool) { v, ok := value.(float64); return v, ok },
	}[keyword[3:]]
	n, ok := size()
	if ok && (keyword[:3] == "min" && n < bound || keyword[:3] == "max" && n > bound) {
		s.wrong(path, "%s is %v", keyword, bound)
	}
}

func (s *jsonSchema) checkObject(path, keyword string, node map[string]any, value any) {
	object, ok := value.(map[string]any)
	if !ok {
		return
	}
	if keyword == "required" {
		for _, key := range node["required"].([]any) {
			if _, ok := object[key.(string)]; !ok {
				s.wrong(path, "%s is missing", key)
			}
		}
		return
	}
	properties, _ := node["properties"].(map[string]any)
	for key, v := range object {
		if _, known := properties[key]; known {
			continue
		}
		if others, ok := node["additionalProperties"].(map[string]any); ok {
			s.check(join(path, key), others, v)
		} else {
			s.wrong(path, "%s is not known", key)
		}
	}
}

// jsonOf turns a YAML tree into what encoding/json makes of the same values.
func jsonOf(t *testing.T, n ast.Node) any {
	t.Helper()
	switch v := n.(type) {
	case *ast.MappingNode:
		out := map[string]any{}
		for _, entry := range v.Values {
			key, _ := scalarText(entry.Key)
			out[key] = jsonOf(t, entry.Value)
		}
		return out
	case *ast.SequenceNode:
		out := []any{}
		for _, entry := range v.Values {
			out = append(out, jsonOf(t, entry))
		}
		return out
	case *ast.BoolNode:
		return v.Value
	case *ast.IntegerNode, *ast.FloatNode:
		text, _ := scalarText(n)
		number, ok := new(big.Rat).SetString(text)
		if !ok {
			t.Fatalf("number %s", text)
		}
		f, _ := number.Float64()
		return f
	}
	text, ok := scalarText(n)
	if !ok {
		return nil
	}
	return text
}
