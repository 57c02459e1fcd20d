package main

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// walk goes through a definition and collects its mutants.
type walk struct {
	rules   map[string]field // those of fields.go
	found   []mutant
	unknown []string // fields that fields.go does not name
}

func (w *walk) propose(path, what string, apply func() (undo func())) {
	w.found = append(w.found, mutant{path, what, apply})
}

// mutantsOf lists every mutant of a definition or value set.
func mutantsOf(root any) ([]mutant, error) {
	w := &walk{rules: fields}
	w.object(place{value: reflect.ValueOf(root).Elem(), root: root})
	if len(w.unknown) > 0 {
		return nil, fmt.Errorf("say in fields.go how these are mutated, or why not: %s", strings.Join(w.unknown, ", "))
	}
	return w.found, nil
}

// object mutates every field of a struct as fields.go says.
func (w *walk) object(at place) {
	for i := range at.value.NumField() {
		f := at.value.Type().Field(i)
		id := at.value.Type().Name() + "." + f.Name
		rule, ok := w.rules[id]
		if !ok && !slices.Contains(w.unknown, id) {
			w.unknown = append(w.unknown, id)
		}
		path := strings.TrimPrefix(at.path+"."+key(f), ".")
		for _, operate := range rule.operators {
			operate(w, place{path, at.value.Field(i), at.value, at.root})
		}
	}
}

// key is the field's name in the file.
func key(f reflect.StructField) string { return f.Tag.Get("yaml") }

// intoParts goes on inside: to the elements of a list, to what a pointer
// points to.
func intoParts(w *walk, at place) {
	each(w, at, func(at place) {
		if at.value.Kind() == reflect.Struct {
			w.object(at)
		}
	})
}
