package review

import (
	"cmp"
	"errors"
	"net/http"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/wording"
)

// editPage is an episode as a form, for a new one or one that is there.
type editPage struct {
	page
	Tabs    []tab
	Action  string
	Unit    string
	Units   []string
	New     bool
	Closed  bool // the reader's unit does not own the episode
	Episode string
	Etag    string
	System  []option // of the patient's identifier, for a new episode
	Patient string
	Groups  []inputGroup
	Refused []string
	Stale   []staleRow // what somebody else has written since this page was opened
	Since   string     // when
}

var identifierSystems = []string{"personnummer", "samordningsnummer", "reservnummer"}

func (s *site) editEpisode(w http.ResponseWriter, r *http.Request) {
	e, err := s.clinic.Episode(r.Context(), refOf(r))
	if err != nil {
		s.failFor(w, r, err, http.StatusNotFound)
		return
	}
	s.showEdit(w, r, http.StatusOK, e, func(*editPage) {})
}

// showEdit shows an episode's form with what is to be said about it.
func (s *site) showEdit(w http.ResponseWriter, r *http.Request, status int, e store.Episode, say func(*editPage)) {
	l := language(r)
	p := editPage{
		page: s.workPage(r, l, l.Say("edit.title", e.EpisodeID)), Tabs: workTabs(l, e, "/edit"), Action: episodeHref(e) + "/edit",
		Unit: e.CareUnit, Episode: e.EpisodeID, Etag: clinic.Etag(e), Closed: !s.owns(r, e.CareUnit),
		Groups: inputsOf(l, e, nil),
	}
	say(&p)
	s.render(w, r, status, s.templates.work["edit_episode"], p)
}

// saveEpisode writes what the form holds, unless somebody else was faster: then
// it shows what they wrote beside what was to be written.
func (s *site) saveEpisode(w http.ResponseWriter, r *http.Request) {
	if !s.posted(w, r) {
		return
	}
	mine, problems := readEpisode(r)
	mine.CareUnit, mine.EpisodeID = r.PathValue("unit"), r.PathValue("id")
	etag := cmp.Or(field(r, "etag"), "none") // a form without one has not read anything
	saved, err := s.clinic.EditEpisode(r.Context(), clinic.EpisodeUpdate{Episode: mine, Mask: episodeMask(), Etag: etag, Found: problems})
	var input *clinic.InputError
	var state *clinic.StateError
	switch {
	case err == nil:
		http.Redirect(w, r, withDone(episodeHref(saved.Episode)+"/dispatch", "episode"), http.StatusSeeOther)
	case errors.As(err, &state) && state.Reason == clinic.StaleVersion:
		s.overtaken(w, r, mine, etag)
	case errors.As(err, &input):
		s.showEdit(w, r, http.StatusUnprocessableEntity, mine, func(p *editPage) {
			p.Etag = etag
			p.Groups, p.Refused = inputsOf(p.Language, mine, input.Problems), refusals(p.Language, err)
		})
	default:
		s.failFor(w, r, err, http.StatusNotFound)
	}
}

// staleRow is one field of which more than one version is there.
type staleRow struct {
	Name              string
	Read, Stands, New string // when the page was opened; now; in the form
	Both              bool   // changed by both, and differently
}

// overtaken shows what was written since the page was opened. The form then holds
// the newer version with one's own changes laid over it, to be looked at and sent
// again; where both changed a field, one's own word is proposed and marked.
func (s *site) overtaken(w http.ResponseWriter, r *http.Request, mine store.Episode, etag string) {
	versions, err := s.clinic.EpisodeVersions(r.Context(), refOf(r))
	if err != nil {
		s.failFor(w, r, err, http.StatusNotFound)
		return
	}
	now := versions[len(versions)-1]
	read := now // an etag that was never given: nothing is known to be one's own
	for _, v := range versions {
		if clinic.Etag(v) == etag {
			read = v
		}
	}
	l := language(r)
	merged, rows := mergeEpisode(l, read, now, mine)
	s.showEdit(w, r, http.StatusConflict, merged, func(p *editPage) {
		p.Etag, p.Stale, p.Since = clinic.Etag(now), rows, l.Date(now.RecordedAt.In(s.stockholm).Format("2006-01-02"))+" "+now.RecordedAt.In(s.stockholm).Format("15:04")
	})
}

// mergeEpisode lays what was changed from read to mine over now, and tells every
// field in which the three are not one.
func mergeEpisode(l wording.Language, read, now, mine store.Episode) (store.Episode, []staleRow) {
	merged := now
	var rows []staleRow
	for _, f := range episodeInputs {
		was, stands, wanted := f.get(&read), f.get(&now), f.get(&mine)
		if wanted != was {
			f.set(&merged, wanted)
		}
		if stands != was || wanted != was {
			rows = append(rows, staleRow{
				Name: l.EpisodeField(f.name), Read: f.told(l, was), Stands: f.told(l, stands), New: f.told(l, wanted),
				Both: stands != was && wanted != was && stands != wanted,
			})
		}
	}
	return merged, rows
}

func (s *site) newEpisode(w http.ResponseWriter, r *http.Request) {
	s.showNew(w, r, http.StatusOK, store.Episode{EpisodeID: newFormID()}, nil)
}

func (s *site) showNew(w http.ResponseWriter, r *http.Request, status int, e store.Episode, err error) {
	l := language(r)
	unit, units, failed := s.ownUnit(r)
	if failed != nil {
		s.failFor(w, r, failed, http.StatusBadRequest)
		return
	}
	p := editPage{
		page: s.workPage(r, l, l.Say("edit.new")), Action: "/episodes/new", New: true, Unit: unit, Units: units, Episode: e.EpisodeID,
		System: choices(identifierSystems, r.PostFormValue("system"), l.IdentifierSystem), Patient: field(r, "patient"),
		Refused: refusals(l, err), Groups: inputsOf(l, e, problemsOf(err)),
	}
	s.render(w, r, status, s.templates.work["edit_episode"], p)
}

// createEpisode makes an episode, and never changes one: the name in the form is
// new, unless somebody typed that of another.
func (s *site) createEpisode(w http.ResponseWriter, r *http.Request) {
	if !s.posted(w, r) {
		return
	}
	e, problems := readEpisode(r)
	e.CareUnit, e.EpisodeID = r.PostFormValue("unit"), field(r, "episode")
	made, err := s.clinic.UpsertEpisode(r.Context(), clinic.EpisodeUpdate{
		Patient: clinic.PatientRef{System: field(r, "system"), Value: field(r, "patient")}, Episode: e, OnlyNew: true, Found: problems,
	})
	if err == nil {
		http.Redirect(w, r, withDone(episodeHref(made.Episode)+"/dispatch", "new_episode", warningCodes(made.Warnings)...), http.StatusSeeOther)
		return
	}
	if refusals(language(r), err) == nil {
		s.failFor(w, r, err, http.StatusBadRequest)
		return
	}
	s.showNew(w, r, http.StatusUnprocessableEntity, e, err)
}
