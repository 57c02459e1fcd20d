package server

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/metadata"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/review"
)

// pagesAboutNobody are the pages for which no rule of the contract holds: they
// show no patient. One that is not listed here stands for a call.
var pagesAboutNobody = []string{"GET /commission", "POST /commission", "GET /paper", "GET /episodes/new", "GET /codebook"}

// pageForms are what is sent to the pages that take a form.
var pageForms = map[string]string{
	"POST /units/{unit}/episodes/{id}/registry": "provider=provider&registry=nrs&choice=informed&decided_on=2024-01-01&reason=r",
	"POST /worklist":                         "unit=unit-own&form=FORM&at=e%3De-1%26o%3Dprogramme_end&kind=returned&on=2024-01-01",
	"POST /paper":                            "code=CODE",
	"POST /feedback":                         "unit=unit-own&form=FORM&at=e%3De-1%26o%3Dprogramme_end&kind=seen&on=2024-01-01",
	"POST /cohorts":                          "unit=unit-own&at=e%3De-1&date=end_planned_on&on=2030-01-01",
	"POST /episodes/new":                     "unit=unit-own&system=" + url.QueryEscape(matrixPatient.System) + "&patient=m-1&episode=FORM",
	"POST /units/{unit}/episodes/{id}/edit":  "etag=ETAG&assessing_unit=unit-assessing&cohort=FORM",
	"POST /units/{unit}/episodes/{id}/entry": "form=FORM&occasion=other&label=FORM&instrument=nprs&on=2024-01-01&respondent=patient&i.average_pain=3",
}

// showsWhatItDid are the pages that answer a form with what became of it.
var showsWhatItDid = []string{"POST /worklist", "POST /cohorts"}

// pageForm is what is sent to a page, with what changes from time to time filled in.
func (m *matrix) pageForm(pattern string) string {
	form := strings.ReplaceAll(pageForms[pattern], "FORM", m.next())
	if strings.Contains(form, "ETAG") {
		episode, err := m.st.Episode(m.t.Context(), "unit-own", "e-1")
		if err != nil {
			m.t.Fatal(err)
		}
		form = strings.ReplaceAll(form, "ETAG", clinic.Etag(episode))
	}
	if strings.Contains(form, "CODE") {
		own := metadata.AppendToOutgoingContext(m.t.Context(), "role", "clinician", "unit", "unit-own")
		sent, err := pb.NewPatientServiceClient(m.conn).RecordDispatch(own, &pb.RecordDispatchRequest{
			ActId: m.next(), CareUnit: "unit-own", EpisodeId: "e-1", Kind: pb.OccasionActKind_OCCASION_ACT_KIND_SENT, Occasion: pb.Occasion_OCCASION_PROGRAMME_END})
		if err != nil {
			m.t.Fatal(err)
		}
		form = strings.ReplaceAll(form, "CODE", sent.PaperCode)
	}
	return form
}

// TestMatrixOfPages opens every page of the site in every role, for every
// relation of the reader's unit to the episode, and holds answer and access log
// to the rule of the call that the page stands for.
func TestMatrixOfPages(t *testing.T) {
	m := newMatrix(t)
	pages := review.New(m.use, review.Options{Logger: slog.New(slog.DiscardHandler)})
	for _, route := range review.Routes() {
		if route.Open || slices.Contains(pagesAboutNobody, route.Pattern) {
			if route.Action != "" {
				t.Errorf("%s stands for %s, and asks for no sign-in or is about nobody", route.Pattern, route.Action)
			}
			continue
		}
		_, ok := access.RuleOf(route.Action)
		if !ok {
			t.Errorf("%s stands for no call of the contract, so no rule holds for it", route.Pattern)
			continue
		}
		for _, role := range access.Roles {
			for _, u := range matrixUnits {
				if problem := m.wrongPage(pages, route, want(route.Action, role, u.relation), matrixCaller(role, u.unit), u.relation); problem != "" {
					t.Errorf("%s as %s of the %s unit: %s", route.Pattern, role, u.relation, problem)
				}
			}
		}
	}
}

// launchToken is of a new link to the episode.
func (m *matrix) launchToken() string {
	link, err := m.use.CreateLaunchLink(access.WithCaller(m.t.Context(), matrixCaller(access.Clinician, "unit-own")), clinic.EpisodeRef{CareUnit: "unit-own", EpisodeID: "e-1"})
	if err != nil {
		m.t.Fatal(err)
	}
	m.log.take()
	return link.Token
}

// wrongPage says what is wrong with a page that the rule decides about.
func (m *matrix) wrongPage(pages http.Handler, route review.Route, decided string, caller access.Caller, relation string) string {
	form := m.pageForm(route.Pattern)
	m.log.take()
	method, path, _ := strings.Cut(route.Pattern, " ")
	for _, list := range []string{"/worklist", "/worklist.csv", "/feedback", "/cohorts", "/report"} {
		if method == "GET" && path == list {
			path += "?unit=unit-own"
		}
	}
	path = strings.NewReplacer("{$}", "?unit=unit-own", "{unit}", "unit-own", "{id}", "e-1", "{moment}", "baseline",
		"/conference", "/conference?e=unit-own/e-1", "{token}", m.launchToken()).Replace(path)
	reply := httptest.NewRecorder()
	request := httptest.NewRequest(method, path, strings.NewReader(form))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	pages.ServeHTTP(reply, request.WithContext(access.WithCaller(m.t.Context(), caller)))
	list := route.Action == access.ListEpisodesCall
	status := map[string]int{"yes": 200, "not found": 404, "role": 403, "unit": 403}[decided]
	switch {
	case list && status == 404:
		status = 200 // an empty list
	case status == 200 && strings.HasPrefix(path, "/launch/"):
		status = 303 // on to the episode
	}
	if _, sends := pageForms[route.Pattern]; sends && status == 200 && !slices.Contains(showsWhatItDid, route.Pattern) {
		status = 303 // back to the page that shows what was stored
	}
	if reply.Code != status {
		return fmt.Sprintf("%d, want %d", reply.Code, status)
	}
	if shown := strings.Contains(reply.Body.String(), "/units/unit-own/episodes/e-1"); list && shown != (status == 200 && (relation == "own" || relation == "shared")) {
		return fmt.Sprintf("shown %v", shown)
	}
	events := m.log.take()
	if !slices.ContainsFunc(events, func(e access.Event) bool { return e.Action == route.Action }) {
		return fmt.Sprintf("not logged as %s: %+v", route.Action, events)
	}
	if decided == "yes" && len(events) != 1 {
		return fmt.Sprintf("one look is %d events: %+v", len(events), events)
	}
	return ""
}
