package clinic

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/painscore/painscore/server/store"
)

// Battery is which forms a unit expects of a patient at an occasion. Without
// one, any form of the patient's own answers the occasion.
//
// It is also how a unit switches on an occasion of its own (four to six weeks,
// three to four months, a referral): OtherOccasion with a label and a window.
type Battery struct {
	ProgrammeType string         `json:"programme_type,omitempty"` // empty: any
	Track         string         `json:"track,omitempty"`          // empty: any
	Occasion      store.Occasion `json:"occasion"`
	Label         string         `json:"label,omitempty"`       // of an OtherOccasion
	From          string         `json:"from"`                  // the day from which it holds, YYYY-MM-DD
	Instruments   []string       `json:"instruments,omitempty"` // none: nothing is expected, and nothing due
	Window        *BatteryWindow `json:"window,omitempty"`      // of an OtherOccasion; the others have settings of their own
}

// BatteryWindow says when an occasion of a unit's own is on time, like Window.
type BatteryWindow struct {
	Anchor Anchor `json:"anchor"`
	From   int    `json:"from"` // days
	To     int    `json:"to"`
}

// maxBattery is far above any envelope of forms.
const maxBattery = MaxForms

// settingName tells batteries apart: a later one takes the place of one with
// the same programme, occasion and day.
func (b *Battery) settingName() string {
	occasion := string(b.Occasion)
	if b.Label != "" {
		occasion += " " + b.Label
	}
	return strings.Join([]string{cmp.Or(b.ProgrammeType, "any"), cmp.Or(b.Track, "any"), occasion, b.From}, "/")
}

// checkBattery checks a battery that somebody wants to hold.
func (c *Clinic) checkBattery(check *checker, b *Battery) {
	checkWord(check, "battery.programme_type", b.ProgrammeType, []string{"", "pain", "exhaustion"})
	checkWord(check, "battery.track", b.Track, []string{"", "programme", "individual"})
	if b.From == "" {
		check.add("battery.from", Required, "the day from which it holds")
	}
	check.date("battery.from", b.From, false)
	check.text("battery.occasion_label", b.Label, MaxIDLength)
	other := b.Occasion == store.OtherOccasion
	switch {
	case b.Occasion == "":
		check.add("battery.occasion", Required, "must be given")
	case other && b.Label == "":
		check.add("battery.occasion_label", Required, "must be given with OCCASION_OTHER")
	case !other && b.Label != "":
		check.add("battery.occasion_label", BadFormat, "only with OCCASION_OTHER")
	}
	if other != (b.Window != nil) {
		check.add("battery.window", BadFormat, "for OCCASION_OTHER, which must have one, and for no other")
	}
	checkBatteryWindow(check, b.Window)
	c.checkBatteryForms(check, b.Instruments)
}

func checkBatteryWindow(check *checker, w *BatteryWindow) {
	if w == nil {
		return
	}
	if w.Anchor != FirstVisit && w.Anchor != EndOfProgramme {
		check.add("battery.window.anchor", Required, "the first visit or the end of the programme")
	}
	if w.From < -maxWindowDays || w.To > maxWindowDays || w.From > w.To {
		check.add("battery.window.to_days", OutOfRange, fmt.Sprintf("from_days to %d, and from_days at least -%d", maxWindowDays, maxWindowDays))
	}
}

func (c *Clinic) checkBatteryForms(check *checker, names []string) {
	if len(names) > maxBattery {
		check.add("battery.instruments", TooMany, fmt.Sprintf("at most %d", maxBattery))
		return
	}
	for i, name := range names {
		field := fmt.Sprintf("battery.instruments[%d]", i)
		if _, ok := c.catalogue.Instrument(name, ""); !ok {
			check.add(field, UnknownInstrument, "no such instrument; ListInstruments names them")
		}
		if slices.Contains(names[:i], name) {
			check.add(field, DuplicateForm, "named twice")
		}
	}
}

// batteryOf finds what a unit expects at an occasion of an episode, and the
// occasion's window laid onto the episode. The battery counts that holds on the
// window's first day, since that is when forms are sent; while the episode has no
// date, today. A unit's own come before those for every unit, one for the
// programme before one for any, and a later one before an earlier.
func (s *site) batteryOf(e *store.Episode, occasion store.Occasion, label, today string) (*Battery, Anchored) {
	windows := s.windowsOf(e.CareUnit)
	for _, list := range [][]*Battery{s.batteries[e.CareUnit], s.batteries[""]} {
		for _, b := range list {
			if b.Occasion != occasion || b.Label != label || !b.fits(e) {
				continue
			}
			anchored := b.lay(windows, e)
			if b.From <= cmp.Or(anchored.FirstDay, today) {
				return b, anchored
			}
		}
	}
	return nil, windows.anchor(occasion, *e)
}

func (b *Battery) fits(e *store.Episode) bool {
	return (b.ProgrammeType == "" || b.ProgrammeType == e.ProgrammeType) && (b.Track == "" || b.Track == e.Track)
}

func (b *Battery) lay(windows Windows, e *store.Episode) Anchored {
	if b.Window != nil {
		windows = Windows{b.Occasion: {Anchor: b.Window.Anchor, From: b.Window.From, To: b.Window.To}}
	}
	return windows.anchor(b.Occasion, *e)
}

// addBattery keeps a unit's batteries in the order in which batteryOf asks.
func (s *site) addBattery(careUnit string, b *Battery) {
	list := append(s.batteries[careUnit], b)
	exact := func(word string) int { return min(len(word), 1) }
	slices.SortStableFunc(list, func(a, b *Battery) int {
		return cmp.Or(exact(b.ProgrammeType)-exact(a.ProgrammeType), exact(b.Track)-exact(a.Track), cmp.Compare(b.From, a.From))
	})
	s.batteries[careUnit] = list
	if b.Occasion == store.OtherOccasion && !slices.Contains(s.labels[careUnit], b.Label) {
		s.labels[careUnit] = append(s.labels[careUnit], b.Label)
		slices.Sort(s.labels[careUnit])
	}
}

// occasion is an occasion by its name.
type occasion struct {
	store.Occasion
	label string
}

// occasionsOf are the occasions that a unit may expect forms at.
func (s *site) occasionsOf(careUnit string) []occasion {
	all := []occasion{{Occasion: store.Baseline}, {Occasion: store.ProgrammeEnd}, {Occasion: store.FollowUp12Months}}
	for _, label := range slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(s.labels[""]), s.labels[careUnit]...)))) {
		all = append(all, occasion{store.OtherOccasion, label})
	}
	return all
}
