package instruments

import "reflect"

// Document is a YAML file of another kind than a definition, read by the same
// strict rules: every key known and once, every value of the type asked for,
// numbers with the digits of the file, no anchors or tags, bounded in size.
type Document struct{ parsed parsed }

// ReadDocument decodes a file into the struct that into points to, by its yaml
// tags. A []scoring.Pair takes a mapping whose keys are the author's own, in
// their order. The error is a Problems with line and column of each.
func ReadDocument(name string, body []byte, into any) (*Document, error) {
	root, problem := tree(name, body)
	if problem != nil {
		return nil, Problems{*problem}
	}
	d := &Document{parsed{name: name, dec: &decoder{file: name, places: map[string]place{}}}}
	d.parsed.dec.decode("", root, reflect.ValueOf(into).Elem())
	if len(d.parsed.dec.problems) > 0 {
		return nil, d.parsed.dec.problems
	}
	return d, nil
}

// Problem is one that the file's reader found, at a path such as
// forms[1].answers[3]; where there is no such path, at the nearest part of it.
func (d *Document) Problem(path, reason string) Problem { return d.parsed.problem(path, reason) }
