package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"unicode"
	"unicode/utf8"

	"github.com/painscore/painscore/server/clinic"
)

// careProviders says whose the care units are:
//
//	care_provider: SE2321000131-E000000000001     # of every unit that is not named below
//	care_provider_of:
//	  SE2321000131-P000000000007: SE5566778899-0001 # a unit that somebody else runs
//
// What a patient says to a registry is kept under the provider's name. To change
// the name leaves it behind, an objection too.
func (c config) careProviders() (clinic.CareProviders, error) {
	providers := clinic.CareProviders{Own: c.site.CareProvider, Of: c.site.CareProviderOf}
	var problems []error
	check := func(key, name string) {
		if utf8.RuneCountInString(name) > clinic.MaxIDLength || slices.ContainsFunc([]rune(name), func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }) {
			problems = append(problems, fmt.Errorf("%s: %s is no HSA-id: at most %d printable characters without spaces", key, strconv.Quote(name), clinic.MaxIDLength))
		}
	}
	check("care_provider", providers.Own)
	for _, unit := range slices.Sorted(maps.Keys(providers.Of)) {
		check("care_provider_of", unit)
		check("care_provider_of", providers.Of[unit])
		if unit == "" || providers.Of[unit] == "" {
			problems = append(problems, errors.New("care_provider_of: a care unit or its provider is empty"))
		}
	}
	return providers, errors.Join(problems...)
}
