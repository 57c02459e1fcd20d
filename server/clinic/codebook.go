package clinic

import (
	"context"
	"fmt"
	"slices"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/registry"
	"github.com/painscore/painscore/server/store"
)

// CodebookRequest asks for what variables mean.
type CodebookRequest struct {
	Instruments []string // empty: all
	Wide        bool     // the names of a wide file, for each canonical occasion
	AllVersions bool     // and not only the active ones
}

// Codebook describes the variables of a delivery, from the definitions alone.
//
// Errors: *InputError.
func (c *Clinic) Codebook(ctx context.Context, request CodebookRequest) (_ *registry.Codebook, err error) {
	v, err := c.enter(ctx, access.GetCodebookCall)
	if err != nil {
		return nil, err
	}
	defer v.leave(ctx, &err)
	if _, err := c.site(ctx); err != nil { // which may bring other active versions
		return nil, err
	}
	check := c.newChecker(nil)
	if len(request.Instruments) > maxChosen {
		check.add("instruments", TooMany, fmt.Sprintf("at most %d", maxChosen))
		return nil, check.err()
	}
	for i, id := range request.Instruments {
		if _, ok := c.catalogue.Instrument(id, ""); !ok {
			check.add(fmt.Sprintf("instruments[%d]", i), UnknownInstrument, "no such instrument")
		}
	}
	if err := check.err(); err != nil {
		return nil, err
	}
	all := c.catalogue.Active()
	if request.AllVersions {
		all = c.catalogue.List()
	}
	all = slices.DeleteFunc(slices.Clone(all), func(in *scoring.Instrument) bool {
		return len(request.Instruments) > 0 && !slices.Contains(request.Instruments, in.ID())
	})
	var columns []registry.Column
	if request.Wide {
		for _, occasion := range []store.Occasion{store.Baseline, store.ProgrammeEnd, store.FollowUp12Months} {
			columns = append(columns, registry.Column{Occasion: occasion, Respondent: store.Patient})
		}
	}
	return registry.CodebookOf(all, columns...), nil
}
