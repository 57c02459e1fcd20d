package main

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
)

//go:embed equivalents.txt
var equivalents string

// excuse is one line of equivalents.txt.
type excuse struct {
	what, why string
	pattern   *regexp.Regexp
	times     int // survivors that it excuses
}

// excuses reads equivalents.txt.
func excuses() ([]*excuse, error) {
	var out []*excuse
	for i, line := range strings.Split(equivalents, "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		what, why, ok := strings.Cut(line, " -- ")
		if !ok || why == "" {
			return nil, fmt.Errorf("equivalents.txt, line %d: no reason", i+1)
		}
		pattern, err := regexp.Compile("^" + strings.ReplaceAll(regexp.QuoteMeta(what), `\*`, ".*") + "$")
		if err != nil {
			return nil, err
		}
		out = append(out, &excuse{what: what, why: why, pattern: pattern})
	}
	return out, nil
}
