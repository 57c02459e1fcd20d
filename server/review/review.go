// Package review serves the pages that a care team reads before a patient
// comes in: the list of patients, one episode's trend, several for a conference.
//
// New gives an http.Handler; wrap it in LoopbackOnly where the pages are for
// this computer alone. The way of a request: guard.go (headers, host, methods,
// panics), routes.go (which page it is, and whose rule holds for it), signin.go
// (who asks, else the way to sign in), pace.go (not too often), language.go (Swedish
// or English), then patients.go, conference.go, launch.go, episode.go, answers.go or one of the sheets
// (sheet*.go), which ask the use cases through the small interface Clinic and
// build plain values for the templates. reading.go decides which scales become
// charts and which small tables, headings.go under what and in which order,
// chart.go and axis.go place a chart, bar.go a profile's range bar, points.go
// and changes.go the tables beside them, pairs.go which changes are told,
// notes.go what the verdicts rest on, standout.go what is summed up.
//
// Everything is drawn on the server: no script, nothing from elsewhere, no
// style but the embedded sheet. Templates hold no words; those come from the
// package wording. DESIGN.md says which convention rests on what evidence.
package review

import (
	"context"
	"log/slog"
	"net/http"
	"time"
	_ "time/tzdata" // "not due yet" is judged in Europe/Stockholm, also where the system has no zone files

	"github.com/painscore/painscore/server/access/signin"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/pace"
	"github.com/painscore/painscore/server/store"
)

// Clinic is what the pages ask of the use cases. *clinic.Clinic is one.
type Clinic interface {
	CareUnits(ctx context.Context) ([]string, error)
	Patients(ctx context.Context, filter clinic.PatientFilter, page clinic.Page) (clinic.PatientList, error)
	FindPatient(ctx context.Context, patient clinic.PatientRef) ([]clinic.ListedPatient, []string, error)
	FindPatientsNamed(ctx context.Context, name string) ([]clinic.ListedPatient, error)
	DisplayNames(ctx context.Context, episodes []store.Episode) (map[string]string, error)
	OpenLaunchLink(ctx context.Context, token string) (store.Episode, error)
	OpenTrend(ctx context.Context, ref clinic.EpisodeRef) (*clinic.Trend, error)
	PatientPage(ctx context.Context, ref clinic.EpisodeRef, opens bool) (*clinic.PatientPage, error)
	TrendAndForms(ctx context.Context, ref clinic.EpisodeRef, opens bool) (*clinic.Trend, []clinic.SiteForm, error)
	Trends(ctx context.Context, refs []clinic.EpisodeRef) ([]*clinic.Trend, error)
	Trend(ctx context.Context, ref clinic.EpisodeRef) (*clinic.Trend, error)
	Background(ctx context.Context, ref clinic.EpisodeRef, opens bool) (*clinic.Background, error)
	EpisodeFile(ctx context.Context, ref clinic.EpisodeRef) (clinic.EpisodeFile, error)
	SetRegistryChoice(ctx context.Context, choosing clinic.RegistryChoosing) (store.RegistryChoice, error)
	Coordination
	Reports
}

// Options say what every page tells about the service. The zero value serves.
type Options struct {
	Demo      bool                 // the store holds synthetic patients only
	Local     bool                 // the pages are reachable from this computer only
	Version   string               // of the program, for the footer
	Logger    *slog.Logger         // default: slog.Default()
	Now       func() time.Time     // default: time.Now; tells what is not due yet
	Headings  map[string][]Heading // by care unit, where it has its own
	SignIn    *signin.Pages        // who asks for a page; nil: the request's context says it already
	ItemTexts []ItemText           // a clinic's own texts of items; see CheckItemTexts
	Pace      *pace.Keeper         // how often one reader may ask; nil: as often as one likes
}

// site is the pages with all they need.
type site struct {
	clinic    Clinic
	options   Options
	templates *templates
	stockholm *time.Location
	crowd     crowd
}

// New returns the pages. It panics only if its own embedded files are broken,
// which the package's tests would have shown.
func New(c Clinic, options Options) http.Handler {
	s := newSite(c, options)
	return s.guard(s.mux())
}

func newSite(c Clinic, options Options) *site {
	if options.Logger == nil {
		options.Logger = slog.Default()
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	stockholm, err := time.LoadLocation("Europe/Stockholm")
	if err != nil {
		panic(err) // tzdata is linked in
	}
	return &site{clinic: c, options: options, templates: parseTemplates(), stockholm: stockholm}
}

// today is the calendar date in Sweden.
func (s *site) today() string {
	return s.options.Now().In(s.stockholm).Format(time.DateOnly)
}
