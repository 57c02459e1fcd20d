package clinic

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/store"
)

// SettingKind says what a setting is about.
type SettingKind string

// The kinds of setting.
const (
	NormSetting      SettingKind = "norm"
	WindowSetting    SettingKind = "window"
	ActiveDefinition SettingKind = "active_definition"
	BatterySetting   SettingKind = "battery"
)

// Setting is one version of a setting with its value read. One of Norm, Window,
// Definition and Battery is set; none where the version removes the setting.
type Setting struct {
	store.Setting
	Norm       *Norm
	Window     *OccasionWindow
	Definition *DefinitionChoice
	Battery    *Battery
}

// OccasionWindow says within how many days of its anchor date an occasion's
// forms are on time, both ends included.
type OccasionWindow struct {
	Occasion store.Occasion `json:"-"` // the setting's name
	From     int            `json:"from"`
	To       int            `json:"to"`
}

// DefinitionChoice is the version of an instrument that scores sheets which
// name none.
type DefinitionChoice struct {
	Instrument string
	Version    string
}

// SettingName names a setting as ListSettings does.
type SettingName struct {
	Kind SettingKind
	Name string
}

// SettingChange is an act that changes a setting: exactly one of Norm, Window,
// Definition, Battery and Remove.
type SettingChange struct {
	CareUnit   string // the unit it is for; empty: every unit
	Norm       *Norm
	Window     *OccasionWindow
	Definition *DefinitionChoice
	Battery    *Battery
	Remove     *SettingName
	Etag       string    // the etag that was read; empty: whatever stands now
	Note       string    // why
	Found      []Problem // what the way in has already found wrong; listed with the rest
}

// maxWindowDays is ten years, more than any follow-up.
const maxWindowDays = 3660

// ChangeSetting writes the next version of a setting, under the caller's name,
// and returns it. It holds from the next call on, in every process that works
// on this store. A change that changes nothing writes nothing and returns what
// stands, so that repeating a call is safe.
//
// What is stored stays as it was scored: another active definition is for new
// sheets. Norms and windows are laid over what is stored whenever it is read.
//
// Errors: *InputError; *StateError with STALE_VERSION when Etag is not the
// newest, or SETTING_UNKNOWN when there is nothing to remove.
func (c *Clinic) ChangeSetting(ctx context.Context, change SettingChange) (_ Setting, err error) {
	v, err := c.enter(ctx, access.ChangeSettingCall)
	if err != nil {
		return Setting{}, err
	}
	defer v.leave(ctx, &err)
	if _, err := c.site(ctx); err != nil {
		return Setting{}, err
	}
	check := c.newChecker(change.Found)
	next, err := c.checkChange(ctx, check, change)
	if err != nil {
		return Setting{}, err
	}
	next.By = v.User
	// Without an etag the change applies to whatever stands: when somebody
	// else was faster, it is made from the newer version.
	for attempt := 0; ; attempt++ {
		setting, err := c.putSetting(ctx, next, change)
		if errors.Is(err, store.ErrStale) && change.Etag == "" && attempt < 5 {
			continue
		}
		if errors.Is(err, store.ErrStale) {
			return Setting{}, &StateError{Reason: StaleVersion, Field: "etag", Description: "the setting has changed since it was read; read it again and repeat"}
		}
		return setting, err
	}
}

// checkChange checks a change and gives the version that it asks for.
func (c *Clinic) checkChange(ctx context.Context, check *checker, change SettingChange) (store.Setting, error) {
	next := store.Setting{CareUnit: change.CareUnit, Note: change.Note}
	check.code("care_unit", change.CareUnit)
	check.text("note", change.Note, MaxTextLength)
	var value any
	switch {
	case change.Norm != nil:
		norm := *change.Norm // the computed SDC is not the caller's
		c.checkNorm(check, &norm)
		next.Kind, next.Name, value = string(NormSetting), norm.settingName(), norm
	case change.Window != nil:
		c.checkWindow(check, change.Window)
		next.Kind, next.Name, value = string(WindowSetting), string(change.Window.Occasion), change.Window
	case change.Definition != nil:
		if err := c.checkDefinition(ctx, check, change); err != nil {
			return store.Setting{}, err
		}
		next.Kind, next.Name, next.Value = string(ActiveDefinition), change.Definition.Instrument, change.Definition.Version
	case change.Battery != nil:
		c.checkBattery(check, change.Battery)
		next.Kind, next.Name, value = string(BatterySetting), change.Battery.settingName(), change.Battery
	case change.Remove != nil:
		checkRemoval(check, change.Remove)
		next.Kind, next.Name = string(change.Remove.Kind), change.Remove.Name
	default:
		check.add("change", Required, "a norm, a window, an active definition, a battery, or a removal")
	}
	if err := check.err(); err != nil {
		return store.Setting{}, err
	}
	if value == nil {
		return next, nil
	}
	text, err := writeValue(value)
	next.Value = text
	return next, err
}

func (c *Clinic) checkWindow(check *checker, w *OccasionWindow) {
	if _, ok := c.settings.Windows[w.Occasion]; !ok {
		check.add("window.occasion", Required, "an occasion that has a window: baseline, programme end or 12 months")
	}
	for field, days := range map[string]int{"window.from_days": w.From, "window.to_days": w.To} {
		if days < -maxWindowDays || days > maxWindowDays {
			check.add(field, OutOfRange, fmt.Sprintf("-%d to %d", maxWindowDays, maxWindowDays))
		}
	}
	if w.From > w.To {
		check.add("window.to_days", OutOfRange, "at or above from_days")
	}
}

func (c *Clinic) checkDefinition(ctx context.Context, check *checker, change SettingChange) error {
	if change.CareUnit != "" {
		check.add("care_unit", BadFormat, "must be empty: one definition is active for every unit")
	}
	d := change.Definition
	if d.Instrument == "" {
		check.add("active_definition.instrument", Required, "must be given, such as hads")
	}
	if d.Version == "" {
		check.add("active_definition.version", Required, "must be given")
	}
	if d.Instrument == "" || d.Version == "" {
		return nil
	}
	if _, ok := c.catalogue.Instrument(d.Instrument, d.Version); !ok {
		if err := c.loadKept(ctx); err != nil { // another process may have brought it
			return err
		}
	}
	if _, problem := c.instrument(d.Instrument, d.Version); problem != nil {
		check.addAll("active_definition.", []Problem{*problem})
	}
	return nil
}

func checkRemoval(check *checker, name *SettingName) {
	switch name.Kind {
	case NormSetting, WindowSetting, BatterySetting:
	case ActiveDefinition:
		check.add("remove.kind", BadFormat, "an active definition cannot be removed; activate another version")
	default:
		check.add("remove.kind", Required, "a norm, a window or a battery")
	}
	if name.Name == "" {
		check.add("remove.name", Required, "must be given as ListSettings names it, such as hads/anxiety/sdc")
	}
	check.text("remove.name", name.Name, 4*MaxIDLength)
}

// putSetting writes a version after the one that stands, unless it says the same.
func (c *Clinic) putSetting(ctx context.Context, next store.Setting, change SettingChange) (Setting, error) {
	kept, err := c.store.Settings(ctx)
	if err != nil {
		return Setting{}, err
	}
	var current store.Setting
	for _, each := range kept {
		if each.CareUnit == next.CareUnit && each.Kind == next.Kind && each.Name == next.Name {
			current = each
		}
	}
	switch {
	case current.Number == 0 && change.Remove != nil:
		return Setting{}, &StateError{Reason: SettingUnknown, Field: "remove", Description: "no such setting of this care unit; ListSettings names them"}
	case current.Number > 0 && current.Value == next.Value:
		return readSetting(current) // also for a retry, whose etag its own first run has replaced
	case change.Etag != "" && change.Etag != SettingEtag(current):
		return Setting{}, store.ErrStale
	}
	next.At = c.now().UTC()
	put, err := c.store.PutSetting(ctx, next, current.Number)
	if err != nil {
		return Setting{}, err
	}
	return readSetting(put)
}

// SettingEtag names a version of a setting for a later change. That of a
// setting which never was is "n0".
func SettingEtag(s store.Setting) string { return "n" + strconv.FormatInt(s.Number, 10) }

// writeValue is a setting as the store keeps it: JSON that a person can read.
func writeValue(value any) (string, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return strings.TrimSpace(text.String()), err
}

// readSetting reads what writeValue wrote, strictly: a field that this program
// does not know would be a decision that it does not follow.
func readSetting(kept store.Setting) (Setting, error) {
	setting := Setting{Setting: kept}
	if kept.Value == "" {
		return setting, nil
	}
	var value any
	switch SettingKind(kept.Kind) {
	case NormSetting:
		setting.Norm = &Norm{}
		value = setting.Norm
	case WindowSetting:
		setting.Window = &OccasionWindow{Occasion: store.Occasion(kept.Name)}
		value = setting.Window
	case BatterySetting:
		setting.Battery = &Battery{}
		value = setting.Battery
	case ActiveDefinition:
		setting.Definition = &DefinitionChoice{Instrument: kept.Name, Version: kept.Value}
		return setting, nil
	default:
		return Setting{}, fmt.Errorf("setting %d is of kind %q, which this program does not know", kept.Change, kept.Kind)
	}
	decoder := json.NewDecoder(strings.NewReader(kept.Value))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(value); err != nil {
		return Setting{}, fmt.Errorf("setting %s %s, number %d: %w", kept.Kind, kept.Name, kept.Number, err)
	}
	return setting, nil
}
