package review

import (
	"errors"
	"net/http"

	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/store"
)

// registryEnd is the end of the address of the page about registry choices.
const registryEnd = "/registry"

// registryPage shows what a patient says to registries, with its history, and
// takes a new choice.
type registryPage struct {
	page
	Tabs      []tab
	Subjects  []choiceSubject
	MayChoose bool
	Today     string   // no choice is of a later day
	Problem   string   // why nothing was recorded, after a form that was refused
	Options   []option // of the form
}

// choiceSubject is one provider and registry: what the patient says to it.
type choiceSubject struct {
	ID, Title          string
	Provider, Registry string // Provider empty: the form asks for it
	Etag               string // of what stands: no objection is replaced unseen
	Stands             string // what holds now, in words
	Objected           bool
	History            []choiceRow
}

type choiceRow struct{ Choice, Decided, Recorded, By, Why string }

func (s *site) registry(w http.ResponseWriter, r *http.Request) {
	s.showRegistry(w, r, http.StatusOK, "")
}

// showRegistry shows the page, or why it cannot be shown.
func (s *site) showRegistry(w http.ResponseWriter, r *http.Request, status int, problem string) {
	file, err := s.clinic.EpisodeFile(r.Context(), refOf(r))
	if err != nil {
		s.failFor(w, r, err, http.StatusNotFound)
		return
	}
	l := language(r)
	p := registryPage{
		page: s.page(r, l, l.Say("registry.title", file.EpisodeID)), Tabs: tabsOf(l, file.Episode, registryEnd),
		MayChoose: file.MayChoose, Today: s.today(), Problem: problem,
	}
	p.FormStyles = formStylesPath
	for _, c := range []struct {
		choice store.Choice
		means  string
	}{
		{store.Informed, l.Say("registry.informed.what")}, {store.Objected, l.Say("registry.objected.what")}, {store.NotInformed, l.Say("registry.not_informed.what")},
	} {
		p.Options = append(p.Options, option{Value: string(c.choice), Text: capital(l.RegistryChoice(string(c.choice))) + ". " + c.means})
	}
	// The words only: there is no trend on this page.
	reading := &reading{Language: l}
	p.Subjects = s.choiceSubjects(reading, file)
	s.render(w, r, status, s.templates.registry, p)
}

// choiceSubjects are the providers and registries that something is recorded
// for, and before them the one that a first choice would be about. Where nobody
// knows whose the unit is, that one asks.
func (s *site) choiceSubjects(r *reading, file clinic.EpisodeFile) []choiceSubject {
	type key struct{ provider, registry string }
	first := key{file.Provider, clinic.DefaultRegistry}
	keys, histories := []key{first}, map[key][]store.RegistryChoice{}
	for _, c := range file.Choices {
		k := key{c.Provider, c.Registry}
		if histories[k] == nil && k != first {
			keys = append(keys, k)
		}
		histories[k] = append(histories[k], c)
	}
	if file.Provider == "" && len(keys) > 1 {
		keys = append(keys[1:], first) // what is recorded comes before what is not
	}
	var subjects []choiceSubject
	for i, k := range keys {
		subject := s.choiceSubject(r, histories[k])
		subject.ID, subject.Provider, subject.Registry = "choice-"+string(rune('a'+i%26)), k.provider, k.registry
		switch {
		case k.provider != "":
			subject.Title = r.Say("registry.at", k.registry, k.provider)
		case len(keys) > 1:
			subject.Title = r.Say("registry.at.unknown", k.registry)
		default:
			subject.Title = k.registry
		}
		subjects = append(subjects, subject)
	}
	return subjects
}

// choiceSubject tells one history, the newest first.
func (s *site) choiceSubject(r *reading, history []store.RegistryChoice) choiceSubject {
	if len(history) == 0 {
		return choiceSubject{Stands: r.Say("registry.stands.none")}
	}
	newest := history[len(history)-1]
	subject := choiceSubject{
		Stands: r.Say("registry.stands", r.RegistryChoice(string(newest.Choice))), Etag: clinic.ChoiceEtag(newest), Objected: newest.Choice == store.Objected,
	}
	for i := len(history) - 1; i >= 0; i-- {
		c := history[i]
		subject.History = append(subject.History, choiceRow{r.RegistryChoice(string(c.Choice)), r.Date(c.DecidedOn), s.moment(r, c.At), c.By, c.Note})
	}
	return subject
}

// chooseRegistry records a choice. One that is refused shows the page again as
// it now is and with an empty form: what somebody else recorded meanwhile has to
// be read before anything is said on top of it.
func (s *site) chooseRegistry(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	_, err := s.clinic.SetRegistryChoice(r.Context(), clinic.RegistryChoosing{
		EpisodeRef: refOf(r), CareProvider: r.PostFormValue("provider"), Registry: r.PostFormValue("registry"),
		Choice: store.Choice(r.PostFormValue("choice")), DecidedOn: r.PostFormValue("decided_on"), Etag: r.PostFormValue("etag"),
		Decision: clinic.Decision{Reason: r.PostFormValue("reason")},
	})
	l := language(r)
	var input *clinic.InputError
	var state *clinic.StateError
	switch {
	case err == nil:
		http.Redirect(w, r, r.URL.EscapedPath(), http.StatusSeeOther)
	case errors.As(err, &input):
		s.showRegistry(w, r, http.StatusUnprocessableEntity, l.Say("registry.problem.input"))
	case errors.As(err, &state) && (state.Reason == clinic.StaleVersion || state.Reason == clinic.RegistryObjected):
		s.showRegistry(w, r, http.StatusConflict, l.Say("registry.problem.overtaken"))
	default:
		s.failFor(w, r, err, http.StatusNotFound)
	}
}
