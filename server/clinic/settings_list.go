package clinic

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/store"
)

// SettingsFilter says which settings to list. An empty field lets all through.
type SettingsFilter struct {
	CareUnit string // what concerns this unit: its own, and those for every unit
	Kind     SettingKind
	Name     string
	History  bool // every version, removals too; else those that stand
}

// ListSettings returns a page of what has been decided in the store, ordered by
// care unit (those for every unit first), kind, name and number, and the token
// of the next page, empty at the end. The configuration file's windows and the
// defaults, over which these are laid, are not among them.
func (c *Clinic) ListSettings(ctx context.Context, filter SettingsFilter, page Page) (_ []Setting, _ string, err error) {
	v, err := c.enter(ctx, access.ListSettingsCall)
	if err != nil {
		return nil, "", err
	}
	defer v.leave(ctx, &err)
	check := c.newChecker(nil)
	check.code("care_unit", filter.CareUnit)
	if kinds := []SettingKind{"", NormSetting, WindowSetting, ActiveDefinition, BatterySetting}; !slices.Contains(kinds, filter.Kind) {
		check.add("kind", UnknownField, "not a value that this server knows")
	}
	check.text("name", filter.Name, 4*MaxIDLength)
	filters := "settings " + strconv.Quote(filter.CareUnit) + strconv.Quote(string(filter.Kind)) + strconv.Quote(filter.Name) + strconv.FormatBool(filter.History)
	after := page.after(check, filters)
	if err := check.err(); err != nil {
		return nil, "", err
	}
	read := c.store.Settings
	if filter.History {
		read = c.store.SettingsHistory
	}
	// A site decides a few times a year: all of it fits into memory.
	kept, err := read(ctx)
	if err != nil {
		return nil, "", err
	}
	kept = slices.DeleteFunc(kept, func(s store.Setting) bool { return !filter.passes(s) || after != "" && comparePlace(s, after) <= 0 })
	next := ""
	if limit := page.limit(); len(kept) > limit {
		kept = kept[:limit]
		next = pageToken(filters, place(kept[limit-1]))
	}
	list := make([]Setting, len(kept))
	for i, each := range kept {
		if list[i], err = readSetting(each); err != nil {
			return nil, "", err
		}
	}
	return list, next, nil
}

func (f SettingsFilter) passes(s store.Setting) bool {
	return (f.CareUnit == "" || s.CareUnit == "" || s.CareUnit == f.CareUnit) &&
		(f.Kind == "" || s.Kind == string(f.Kind)) && (f.Name == "" || s.Name == f.Name) &&
		(f.History || s.Value != "")
}

// place is where a setting stands in the list; ids hold no line breaks.
func place(s store.Setting) string {
	return strings.Join([]string{s.CareUnit, s.Kind, s.Name, strconv.FormatInt(s.Number, 10)}, "\n")
}

func comparePlace(s store.Setting, after string) int {
	parts := append(strings.SplitN(after, "\n", 4), "", "", "", "")
	number, _ := strconv.ParseInt(parts[3], 10, 64) // a token that was tampered with may repeat entries
	return cmp.Or(cmp.Compare(s.CareUnit, parts[0]), cmp.Compare(s.Kind, parts[1]), cmp.Compare(s.Name, parts[2]), cmp.Compare(s.Number, number))
}
