package server

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/registry"
	"github.com/painscore/painscore/server/registry/delivery"
	"github.com/painscore/painscore/server/store"
)

// The words of deliveries as the contract names them.
var (
	exportDateWords   = vocabularyOf[pb.ExportDate]("EXPORT_DATE_")
	exportIdentities  = vocabularyOf[pb.ExportIdentity]("EXPORT_IDENTITY_")
	exportColumnTypes = vocabularyOf[pb.ExportColumnType]("EXPORT_COLUMN_TYPE_")
	exportChangeKinds = vocabularyOf[pb.ExportChangeKind]("EXPORT_CHANGE_KIND_")
)

// exportRowsPerPart bounds a part: a few hundred kilobytes, so that a slow reader
// holds little memory here.
const exportRowsPerPart = 1000

// Export implements the contract's call.
func (s *Server) Export(req *pb.ExportRequest, stream grpc.ServerStreamingServer[pb.ExportResponse]) error {
	found := unknown(req)
	filter, problems := exportFilter(req.GetFilter())
	result, err := s.clinic.Export(stream.Context(), clinic.Exporting{
		Recipient: req.GetRecipient(), DeliveryID: req.GetDeliveryId(), Filter: filter, ResumeAfter: req.GetResumeAfter(),
		Software: s.info.Version, Found: append(found, problems...),
	}, clinic.ExportSink{
		Head: func(head *clinic.ExportHead) error {
			return stream.Send(&pb.ExportResponse{Part: &pb.ExportResponse_Header{Header: exportHeaderProto(head)}})
		},
		Rows: func(rows []delivery.Row, read int64) error { return sendExportRows(stream, rows, read) },
	})
	if err != nil {
		return err
	}
	return stream.Send(&pb.ExportResponse{Part: &pb.ExportResponse_End{End: exportEndProto(&result)}})
}

// sendExportRows sends rows in parts that hold whole episodes.
func sendExportRows(stream grpc.ServerStreamingServer[pb.ExportResponse], rows []delivery.Row, read int64) error {
	for first := true; first || len(rows) > 0; first = false {
		n := min(len(rows), exportRowsPerPart)
		for n < len(rows) && rows[n].Table != 0 { // the first table is of episodes
			n++
		}
		own := make([]pb.ExportRow, n)
		part := &pb.ExportRows{Rows: make([]*pb.ExportRow, n), Read: read}
		for i := range own {
			own[i].Table, own[i].Numbers, own[i].Texts = int32(rows[i].Table), rows[i].Numbers, rows[i].Texts
			part.Rows[i] = &own[i]
		}
		if err := stream.Send(&pb.ExportResponse{Part: &pb.ExportResponse_Rows{Rows: part}}); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// exportFilter reads a filter, and what of it this server does not know.
func exportFilter(f *pb.ExportFilter) (delivery.Filter, []clinic.Problem) {
	out := delivery.Filter{
		Units: f.GetCareUnits(), Instruments: f.GetInstruments(),
		Period: registry.Period{Date: registry.DateName(exportDateWords.word[f.GetDate()]), From: f.GetFrom(), To: f.GetTo()},
	}
	var problems []clinic.Problem
	for _, level := range f.GetCareLevels() {
		if careLevelWords.word[level] == "" {
			problems = append(problems, clinic.Problem{Field: "filter.care_levels", Reason: clinic.Required, Description: "an unspecified care level"})
		}
		out.CareLevels = append(out.CareLevels, careLevelWords.word[level])
	}
	for _, occasion := range f.GetOccasions() {
		if occasionWords.word[occasion] == "" {
			problems = append(problems, clinic.Problem{Field: "filter.occasions", Reason: clinic.Required, Description: "an unspecified occasion"})
		}
		out.Occasions = append(out.Occasions, store.Occasion(occasionWords.word[occasion]))
	}
	return out, problems
}

func exportFilterProto(f *delivery.Filter) *pb.ExportFilter {
	out := &pb.ExportFilter{
		CareUnits: f.Units, Instruments: f.Instruments, Date: exportDateWords.enum[string(f.Period.Date)], From: f.Period.From, To: f.Period.To,
	}
	for _, level := range f.CareLevels {
		out.CareLevels = append(out.CareLevels, careLevelWords.enum[level])
	}
	for _, occasion := range f.Occasions {
		out.Occasions = append(out.Occasions, occasionWords.enum[string(occasion)])
	}
	return out
}

func exportHeaderProto(head *clinic.ExportHead) *pb.ExportHeader {
	out := &pb.ExportHeader{
		DeliveryId: head.DeliveryID, Recipient: head.Recipient, Purpose: head.Note, Registry: head.Plan.Recipient.Registry,
		Identity: exportIdentities.enum[string(head.Plan.Recipient.Identity)], Filter: exportFilterProto(&head.Plan.Filter),
		AsOf: exportAsOfProto(head.Plan), NormsHash: head.Plan.NormsHash, Software: head.Plan.Software, MadeAt: timestamppb.New(head.At), ToRead: head.ToRead,
	}
	for _, d := range head.Plan.Definitions {
		out.Definitions = append(out.Definitions, &pb.ExportDefinition{
			Instrument: d.Instrument, Version: d.Version, DefinitionHash: d.DefinitionHash, ScoringHash: d.ScoringHash,
		})
	}
	for _, table := range head.Tables {
		out.Tables = append(out.Tables, exportTableProto(&table))
	}
	return out
}

func exportTableProto(table *delivery.Table) *pb.ExportTable {
	out := &pb.ExportTable{Name: table.Name}
	for _, c := range table.Columns {
		column := &pb.ExportColumn{
			Name: c.Name, Type: exportColumnTypes.enum[string(c.Type)], Decimals: int32(c.Decimals), Label: c.Label, WideNames: c.Wide, Variable: c.Variable,
		}
		for _, m := range c.Missing {
			column.Missing = append(column.Missing, &pb.ExportMissing{Code: m.Code, Reason: string(m.Reason)})
		}
		out.Columns = append(out.Columns, column)
	}
	return out
}

func exportAsOfProto(plan *delivery.Plan) (out []*pb.ExportAsOf) {
	for _, unit := range plan.Units() {
		out = append(out, &pb.ExportAsOf{CareUnit: unit, ChangeSeq: plan.AsOf[unit]})
	}
	return out
}

func exportEndProto(r *clinic.ExportResult) *pb.ExportEnd {
	out := &pb.ExportEnd{Rows: r.Rows, Digest: r.Digest}
	for _, step := range r.Flow {
		out.Flow = append(out.Flow, &pb.ExportCount{What: string(step.Code), N: step.N})
	}
	return out
}

// ListExports implements the contract's call.
func (s *Server) ListExports(ctx context.Context, req *pb.ListExportsRequest) (*pb.ListExportsResponse, error) {
	entries, next, err := s.clinic.ListExports(ctx, optionalPatient(req.GetPatient()), clinic.Page{Size: int(req.GetPageSize()), Token: req.GetPageToken()})
	if err != nil {
		return nil, err
	}
	out := &pb.ListExportsResponse{NextPageToken: next}
	for i := range entries {
		out.Deliveries = append(out.Deliveries, deliveryProto(&entries[i]))
	}
	return out, nil
}

func deliveryProto(e *clinic.LedgerEntry) *pb.Delivery {
	out := &pb.Delivery{
		DeliveryId: e.DeliveryID, Recipient: e.Recipient, Purpose: e.Note, MadeBy: e.By, MadeAt: timestamppb.New(e.At),
		Filter: exportFilterProto(&e.Plan.Filter), AsOf: exportAsOfProto(e.Plan),
	}
	if e.Result != nil {
		out.FinishedAt, out.Result = timestamppb.New(e.FinishedAt), exportEndProto(e.Result)
	}
	return out
}

// ListExportChanges implements the contract's call.
func (s *Server) ListExportChanges(req *pb.ListExportChangesRequest, stream grpc.ServerStreamingServer[pb.ListExportChangesResponse]) error {
	changes, err := s.clinic.ListExportChanges(stream.Context(), req.GetFromDeliveryId(), req.GetToDeliveryId(), unknown(req), func(page []clinic.ExportChange) error {
		if len(page) == 0 {
			return nil
		}
		part := &pb.ExportChanges{}
		for i := range page {
			part.Changes = append(part.Changes, exportChangeProto(&page[i]))
		}
		return stream.Send(&pb.ListExportChangesResponse{Part: &pb.ListExportChangesResponse_Changes{Changes: part}})
	})
	if err != nil {
		return err
	}
	end := &pb.ExportChangesEnd{SheetsBefore: changes.Before, SheetsAfter: changes.After}
	for _, kind := range delivery.ChangeKinds() {
		if n := changes.Counts[kind]; n != 0 {
			end.Counts = append(end.Counts, &pb.ExportCount{What: string(kind), N: n})
		}
	}
	if changes.ErasedEpisodes > 0 {
		end.Counts = append(end.Counts, &pb.ExportCount{What: "erased_episodes", N: changes.ErasedEpisodes})
	}
	return stream.Send(&pb.ListExportChangesResponse{Part: &pb.ListExportChangesResponse_End{End: end}})
}

func exportChangeProto(c *clinic.ExportChange) *pb.ExportChange {
	return &pb.ExportChange{
		Kind: exportChangeKinds.enum[string(c.Kind)], Episode: c.Episode, Person: c.Person, Instrument: c.Slot.Instrument,
		Occasion: occasionWords.enum[string(c.Slot.Occasion)], OccasionLabel: c.Slot.OccasionLabel, Respondent: respondentWords.enum[string(c.Slot.Respondent)],
	}
}
