package main

import (
	"slices"
	"strings"
	"testing"
)

// Every mistake in a definition is noticed by something. With -short a sample.
func TestEveryMutantIsNoticed(t *testing.T) {
	every := 1
	if testing.Short() {
		every = 13
	}
	var out strings.Builder
	wrong, err := run(&out, every, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + out.String())
	if wrong > 0 {
		t.Errorf("%d survivors, panics or stale lines of equivalents.txt", wrong)
	}
}

// A program that called everything noticed would pass the test above.
func TestWithoutChecksMutantsSurvive(t *testing.T) {
	p, err := newProgram()
	if err != nil {
		t.Fatal(err)
	}
	p.cases, p.vectors = nil, nil
	for _, s := range p.subjects {
		mutants, err := s.mutants()
		if err != nil {
			t.Fatal(err)
		}
		survivors := 0
		for i := 0; i < len(mutants); i += 5 {
			if len(p.try(s, mutants[i])) == 0 {
				survivors++
			}
		}
		if s.def != nil && s.name != "nprs_1" && survivors == 0 {
			t.Errorf("%s: without vectors and kit nothing survives of %d mutants", s.name, len(mutants))
		}
	}
}

// Missed anchors must not be taken for a set that does not load: the kit would
// then look at nothing.
func TestAValueSetWithMissedAnchorsIsStillTried(t *testing.T) {
	p, err := newProgram()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range p.subjects {
		if s.set == nil || s.set.Crosswalk != nil {
			continue
		}
		mutants, err := s.mutants()
		if err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(mutants, func(m mutant) bool { return m.path == "start" })
		if noticed := p.try(s, mutants[at]); !slices.Contains(noticed, byExamples) || !slices.Contains(noticed, byKit) {
			t.Errorf("%s with another start is noticed by %v only", s.name, noticed)
		}
	}
}

func TestAChangeIsTakenBack(t *testing.T) {
	p, err := newProgram()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range p.subjects {
		mutants, err := s.mutants()
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(mutants); i += 3 {
			mutants[i].apply()()
		}
	}
	if err := p.sound(); err != nil {
		t.Error(err)
	}
}
