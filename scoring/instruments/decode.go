package instruments

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/painscore/painscore/scoring"
)

// decoder fills structs from a YAML tree, strictly: every key must be known and
// stand once, every value must have the type asked for, and there are no
// anchors, aliases, tags or merge keys. Numbers keep the digits of the file;
// nothing passes through a float. It goes on after a problem, to report all of
// them, and remembers where each path stands.
type decoder struct {
	file     string
	problems Problems
	places   map[string]place // by path, such as scales[2].bands.list[1].from
}

type place struct{ line, column int }

func (d *decoder) add(n ast.Node, format string, args ...any) {
	at := placeOf(n)
	d.problems = append(d.problems, Problem{File: d.file, Line: at.line, Column: at.column, Reason: fmt.Sprintf(format, args...)})
}

func placeOf(n ast.Node) place {
	switch v := n.(type) {
	case *ast.MappingNode:
		if !v.IsFlowStyle && len(v.Values) > 0 {
			n = v.Values[0].Key
		}
	case *ast.SequenceNode:
		if !v.IsFlowStyle && len(v.Values) > 0 {
			n = v.Values[0]
			return placeOf(n)
		}
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		return place{t.Position.Line, t.Position.Column}
	}
	return place{1, 1}
}

var (
	pairsType   = reflect.TypeFor[[]scoring.Pair]()
	decimalType = reflect.TypeFor[scoring.Decimal]()
)

// decode stores the node in into, which stands at path.
func (d *decoder) decode(path string, n ast.Node, into reflect.Value) {
	d.places[path] = placeOf(n)
	switch n.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode, *ast.MergeKeyNode:
		d.add(n, "anchors, aliases, tags and merge keys are not accepted")
		return
	}
	switch {
	case into.Type() == pairsType:
		d.pairs(path, n, into)
	case into.Kind() == reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		d.decode(path, n, into.Elem())
	case into.Kind() == reflect.Struct:
		d.object(path, n, into)
	case into.Kind() == reflect.Slice:
		d.list(path, n, into)
	default:
		d.scalar(n, into)
	}
}

func (d *decoder) object(path string, n ast.Node, into reflect.Value) {
	seen := map[string]bool{}
	d.entries(n, func(key string, at, value ast.Node) {
		if seen[key] {
			d.add(at, "key %s stands twice", key)
			return
		}
		seen[key] = true
		for i := range into.NumField() {
			if tag := into.Type().Field(i).Tag.Get("yaml"); tag == key && tag != "-" {
				d.decode(join(path, key), value, into.Field(i))
				d.places[join(path, key)] = placeOf(at)
				return
			}
		}
		d.add(at, "unknown key %s", printable(key))
	})
}

// pairs keeps the author's own keys in the order of the file. A key that stands
// twice is kept: what the keys mean is checked by who reads the pairs.
func (d *decoder) pairs(path string, n ast.Node, into reflect.Value) {
	seen := map[string]bool{}
	var out []scoring.Pair
	d.entries(n, func(key string, at, value ast.Node) {
		if seen[key] {
			d.add(at, "key %s stands twice", printable(key))
		}
		seen[key] = true
		d.places[fmt.Sprintf("%s[%d]", path, len(out))] = placeOf(at)
		text, _ := d.text(value)
		out = append(out, scoring.Pair{Key: key, Value: text})
	})
	into.Set(reflect.ValueOf(out))
}

// entries calls f for each entry of a mapping.
func (d *decoder) entries(n ast.Node, f func(key string, at, value ast.Node)) {
	var values []*ast.MappingValueNode
	switch m := n.(type) {
	case *ast.MappingNode:
		values = m.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{m}
	default:
		d.add(n, "expected a mapping")
		return
	}
	for _, v := range values {
		key, ok := scalarText(v.Key)
		if !ok {
			d.add(v.Key, "expected a plain key")
			continue
		}
		f(key, v.Key, v.Value)
	}
}

func (d *decoder) list(path string, n ast.Node, into reflect.Value) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		d.add(n, "expected a list")
		return
	}
	out := reflect.MakeSlice(into.Type(), len(seq.Values), len(seq.Values))
	for i, v := range seq.Values {
		d.decode(fmt.Sprintf("%s[%d]", path, i), v, out.Index(i))
	}
	into.Set(out)
}

func (d *decoder) scalar(n ast.Node, into reflect.Value) {
	text, ok := d.text(n)
	if !ok {
		return
	}
	switch into.Kind() {
	case reflect.String:
		_, quoted := n.(*ast.StringNode)
		if _, err := scoring.Decimal(text).Exact(); into.Type() == decimalType && (quoted || err != nil) {
			d.add(n, "expected a decimal number")
			return
		}
		into.SetString(text)
	case reflect.Bool:
		if text != "true" && text != "false" {
			d.add(n, "expected true or false")
		}
		into.SetBool(text == "true")
	case reflect.Int, reflect.Int32:
		i, err := strconv.ParseInt(text, 10, 32)
		if _, whole := n.(*ast.IntegerNode); err != nil || !whole {
			d.add(n, "expected a whole number")
			return
		}
		into.SetInt(i)
	default:
		panic("instruments: no decoding for " + into.Type().String())
	}
}

// text returns the scalar as it is written.
func (d *decoder) text(n ast.Node) (string, bool) {
	text, ok := scalarText(n)
	if !ok {
		d.add(n, "expected a single value")
	}
	return text, ok
}

func scalarText(n ast.Node) (string, bool) {
	switch v := n.(type) {
	case *ast.StringNode:
		return v.Value, true
	case *ast.LiteralNode:
		return v.Value.Value, true
	case *ast.IntegerNode:
		return v.Token.Value, true
	case *ast.FloatNode:
		return v.Token.Value, true
	case *ast.BoolNode:
		return v.Token.Value, true
	}
	return "", false
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// printable keeps messages on one line and short, whatever a key holds.
func printable(key string) string {
	if len(key) > 40 {
		key = key[:40] + "…"
	}
	return strings.Trim(strconv.QuoteToASCII(key), `"`)
}

// find returns where a path stands, or the nearest part of it that does.
func (d *decoder) find(path string) place {
	for path != "" {
		if p, ok := d.places[path]; ok {
			return p
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return place{1, 1}
}
