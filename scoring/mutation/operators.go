package main

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/painscore/painscore/scoring"
)

// place is a value inside a definition that can be set.
type place struct {
	path   string
	value  reflect.Value // addressable
	parent reflect.Value // the struct whose field it is, or is an element of
	root   any           // *scoring.Definition or *scoring.ValueSetDefinition
}

// operator proposes mutants at a place.
type operator func(w *walk, at place)

// mutant is one change of one place. apply makes it and returns its undoing.
type mutant struct {
	path, what string
	apply      func() (undo func())
}

// set proposes another value for a place.
func (w *walk) set(at place, what string, value any) {
	to := reflect.ValueOf(value).Convert(at.value.Type())
	w.propose(at.path, what, func() func() {
		old := reflect.New(at.value.Type()).Elem()
		old.Set(at.value)
		at.value.Set(to)
		return func() { at.value.Set(old) }
	})
}

// each applies a scalar operator to the elements of a list or to what a pointer
// points to, and otherwise to the place itself.
func each(w *walk, at place, do func(at place)) {
	switch at.value.Kind() {
	case reflect.Slice:
		for i := range at.value.Len() {
			do(at.element(i))
		}
	case reflect.Pointer:
		if !at.value.IsNil() {
			do(place{at.path, at.value.Elem(), at.parent, at.root})
		}
	default:
		do(at)
	}
}

func (at place) element(i int) place {
	return place{fmt.Sprintf("%s[%d]", at.path, i), at.value.Index(i), at.parent, at.root}
}

func oneMoreOrLess(w *walk, at place) {
	each(w, at, func(at place) {
		n := at.value.Int()
		w.set(at, fmt.Sprintf("%d is %d", n, n+1), n+1)
		w.set(at, fmt.Sprintf("%d is %d", n, n-1), n-1)
	})
}

// ifGiven leaves a key alone that the file has not: setting one that has no
// meaning there is what the loader's own tests are for.
func ifGiven(do operator) operator {
	return func(w *walk, at place) {
		if !at.value.IsZero() {
			do(w, at)
		}
	}
}

func flip(w *walk, at place) {
	w.set(at, fmt.Sprintf("is %t", !at.value.Bool()), !at.value.Bool())
}

// otherName gives a code one more letter, and a missing one a name.
func otherName(w *walk, at place) {
	w.set(at, "has another name", at.value.String()+"x")
	if at.value.String() != "" {
		w.set(at, "has no name", "")
	}
}

func otherWord(words []string) operator {
	return func(w *walk, at place) {
		for _, word := range words {
			if word != at.value.String() {
				w.set(at, fmt.Sprintf("%q is %q", at.value.String(), word), word)
			}
		}
	}
}

// lastPlace moves a decimal by one unit of its last place: that of the index in
// a value set, otherwise as it is written.
func lastPlace(w *walk, at place) {
	each(w, at, func(at place) {
		if text := at.value.String(); text != "" {
			_, fraction, _ := strings.Cut(text, ".")
			places := len(fraction)
			if set, ok := at.root.(*scoring.ValueSetDefinition); ok {
				places = max(places, set.Decimals)
			}
			w.nudge(at, places)
		}
	})
}

// aThousandth moves a probability by more than its last place, which a rounded
// index may not show.
func aThousandth(w *walk, at place) {
	if at.value.String() != "" {
		w.nudge(at, 3)
	}
}

// nudge adds and takes off one unit of a decimal place.
func (w *walk) nudge(at place, places int) {
	text := at.value.String()
	_, fraction, _ := strings.Cut(text, ".")
	digits := max(places, len(fraction))
	n, err := strconv.ParseInt(strings.Replace(text, ".", "", 1)+strings.Repeat("0", digits-len(fraction)), 10, 64)
	if err != nil {
		panic(err) // the definition was compiled
	}
	unit := int64(1)
	for range digits - places {
		unit *= 10
	}
	for _, by := range []int64{unit, -unit} {
		moved := decimal(n+by, digits)
		w.set(at, text+" is "+moved, moved)
	}
}

func decimal(n int64, digits int) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	text := fmt.Sprintf("%0*d", digits+1, n)
	if digits == 0 {
		return sign + text
	}
	return sign + text[:len(text)-digits] + "." + text[len(text)-digits:]
}

func leaveOut(w *walk, at place) {
	for i := range at.value.Len() {
		w.list(at, at.element(i).path, name(at.value.Index(i))+" left out", func(list reflect.Value) reflect.Value {
			return reflect.AppendSlice(list.Slice(0, i), list.Slice(i+1, list.Len()))
		})
	}
}

func swapNeighbours(w *walk, at place) {
	for i := range at.value.Len() - 1 {
		if reflect.DeepEqual(at.value.Index(i).Interface(), at.value.Index(i+1).Interface()) {
			continue
		}
		w.list(at, at.element(i).path, "swapped with the next", func(list reflect.Value) reflect.Value {
			reflect.Swapper(list.Interface())(i, i+1)
			return list
		})
	}
}

// swapWhereOrderCounts swaps the items of a profile and of an index.
func swapWhereOrderCounts(w *walk, at place) {
	if kind := at.parent.FieldByName("Kind").String(); kind == scoring.KindProfile || kind == scoring.KindIndex {
		swapNeighbours(w, at)
	}
}

// addItem adds each item of the instrument that is not in the list.
func addItem(w *walk, at place) {
	for _, it := range at.root.(*scoring.Definition).Items {
		if !slices.Contains(at.value.Interface().([]string), it.Code) {
			w.list(at, at.path, it.Code+" added", func(list reflect.Value) reflect.Value {
				return reflect.Append(list, reflect.ValueOf(it.Code))
			})
		}
	}
}

// list proposes another list; change gets a copy.
func (w *walk) list(at place, path, what string, change func(list reflect.Value) reflect.Value) {
	w.propose(path, what, func() func() {
		old := at.value.Slice(0, at.value.Len())
		fresh := reflect.MakeSlice(at.value.Type(), old.Len(), old.Len())
		reflect.Copy(fresh, old)
		at.value.Set(change(fresh))
		return func() { at.value.Set(old) }
	})
}

func takeAway(w *walk, at place) {
	if !at.value.IsNil() {
		w.propose(at.path, "taken away", func() func() {
			old := reflect.New(at.value.Type()).Elem()
			old.Set(at.value)
			at.value.SetZero()
			return func() { at.value.Set(old) }
		})
	}
}

// shiftCutOff moves the bound between two bands, both of its sides: a loader
// refuses one side alone as a gap or an overlap.
func shiftCutOff(w *walk, at place) {
	bands := at.value.Interface().([]scoring.Band)
	for i := 1; i < len(bands); i++ {
		for _, by := range []int64{1, -1} {
			from, to := shifted(bands[i].From, by), shifted(bands[i-1].To, by)
			w.propose(at.element(i).path, fmt.Sprintf("begins at %s", from), func() func() {
				oldFrom, oldTo := bands[i].From, bands[i-1].To
				bands[i].From, bands[i-1].To = from, to
				return func() { bands[i].From, bands[i-1].To = oldFrom, oldTo }
			})
		}
	}
}

func shifted(d scoring.Decimal, by int64) scoring.Decimal {
	_, fraction, _ := strings.Cut(string(d), ".")
	n, err := strconv.ParseInt(strings.Replace(string(d), ".", "", 1), 10, 64)
	if err != nil {
		panic(err) // the definition was compiled
	}
	return scoring.Decimal(decimal(n+by, len(fraction)))
}

// otherMissingRule asks for every other number of answered items.
func otherMissingRule(w *walk, at place) {
	scale := at.parent.Addr().Interface().(*scoring.ScaleDef)
	items := len(scale.Items)
	if items < 2 || scale.Missing.Rule == scoring.RuleAtLeast {
		return // of one item there is nothing to prorate from
	}
	needed := items
	if scale.Missing.Rule == scoring.RuleHalf {
		needed = (items + 1) / 2
		w.set(at, "every item is needed", scoring.MissingRule{})
	}
	source := at.root.(*scoring.Definition).Sources[0].Code
	for n := 1; n <= items; n++ {
		if n != needed {
			w.set(at, fmt.Sprintf("%d items are enough", n), scoring.MissingRule{Rule: scoring.RuleAtLeast, Items: n, Source: source, Known: scoring.Verified})
		}
	}
}

func otherNotApplicable(w *walk, at place) {
	if at.value.String() == "shrinks" {
		w.set(at, "refuses", "refuses")
	} else {
		w.set(at, "shrinks", "shrinks")
	}
}

func otherDecimals(w *walk, at place) {
	now := at.value.String()
	if now == "" {
		now = "0"
	}
	for _, d := range []string{"0", "1", "2", "3", "as_needed"} {
		if d != now {
			w.set(at, now+" is "+d, d)
		}
	}
}

// name is the code of a list's element, or the element.
func name(element reflect.Value) string {
	if element.Kind() == reflect.Struct {
		for _, field := range []string{"Code", "Item", "From", "Value", "AnyLevel", "Level"} {
			if f := element.FieldByName(field); f.IsValid() {
				return fmt.Sprint(f.Interface())
			}
		}
		return "it"
	}
	return fmt.Sprint(element.Interface())
}

// leaveOutReversed leaves a reversed item out of the scale and out of those
// that are reversed; the loader refuses one without the other.
func leaveOutReversed(w *walk, at place) {
	scale := at.parent.Addr().Interface().(*scoring.ScaleDef)
	for _, code := range scale.Reversed {
		w.propose(at.path, code+" left out, reversed too", func() func() {
			items, reversed := scale.Items, scale.Reversed
			is := func(c string) bool { return c == code }
			scale.Items = slices.DeleteFunc(slices.Clone(items), is)
			scale.Reversed = slices.DeleteFunc(slices.Clone(reversed), is)
			return func() { scale.Items, scale.Reversed = items, reversed }
		})
	}
}

// moveItem takes an item out of a sum and puts it into another one.
func moveItem(w *walk, at place) {
	from := at.parent.Addr().Interface().(*scoring.ScaleDef)
	scales := at.root.(*scoring.Definition).Scales
	for i := range scales {
		to := &scales[i]
		if from.Kind != scoring.KindSum || to.Kind != scoring.KindSum || to == from {
			continue
		}
		for _, code := range from.Items {
			if slices.Contains(to.Items, code) || slices.Contains(from.Reversed, code) {
				continue
			}
			w.propose(at.path, code+" moved to "+to.Code, func() func() {
				mine, theirs := from.Items, to.Items
				from.Items = slices.DeleteFunc(slices.Clone(mine), func(c string) bool { return c == code })
				to.Items = append(slices.Clone(theirs), code)
				return func() { from.Items, to.Items = mine, theirs }
			})
		}
	}
}
