// The vector unit as a block diagram: processes and the queues between them.
#include "hls/vector/vector_kernel.hpp"

#include <hls_stream.h>

#include "hls/unit/processes.hpp"
#include "hls/vector/activation.hpp"
#include "hls/vector/emit.hpp"
#include "hls/vector/lanes.hpp"
#include "hls/vector/load.hpp"
#include "hls/vector/narrow.hpp"
#include "hls/vector/norm.hpp"
#include "hls/vector/plan.hpp"
#include "hls/vector/rope.hpp"
#include "hls/vector/sum.hpp"

// Depths: every queue carries words in one direction and no process waits for a later one's answer, so two words, which
// let both ends work every cycle, are enough everywhere. A job queue holds one job a command.
void sluice_vector(hls::stream<sluice::kernel::CommandWord>& command, hls::stream<sluice::kernel::ReadRange>& ranges,
                   hls::stream<sluice::kernel::LineWord>& lines, hls::stream<sluice::kernel::LineWrite>& writes,
                   hls::stream<sluice::kernel::Done>& done) {
#pragma HLS INTERFACE mode = axis port = command
#pragma HLS INTERFACE mode = axis port = ranges
#pragma HLS INTERFACE mode = axis port = lines
#pragma HLS INTERFACE mode = axis port = writes
#pragma HLS INTERFACE mode = axis port = done
#pragma HLS INTERFACE mode = ap_ctrl_none port = return
#pragma HLS DATAFLOW
  using namespace sluice::kernel;
  hls::stream<LoadJob> load_job("load_job");
#pragma HLS STREAM variable = load_job depth = 2
  hls::stream<NormJob> norm_job("norm_job");
#pragma HLS STREAM variable = norm_job depth = 2
  hls::stream<RopeJob> rope_job("rope_job");
#pragma HLS STREAM variable = rope_job depth = 2
  hls::stream<ActivationJob> activation_job("activation_job");
#pragma HLS STREAM variable = activation_job depth = 2
  hls::stream<SumJob> sum_job("sum_job");
#pragma HLS STREAM variable = sum_job depth = 2
  hls::stream<NarrowJob> narrow_job("narrow_job");
#pragma HLS STREAM variable = narrow_job depth = 2
  hls::stream<EmitJob> emit_job("emit_job");
#pragma HLS STREAM variable = emit_job depth = 2
  hls::stream<Beat> copy_beats("copy_beats");
#pragma HLS STREAM variable = copy_beats depth = 2
  hls::stream<Beat> norm_beats("norm_beats");
#pragma HLS STREAM variable = norm_beats depth = 2
  hls::stream<Beat> rope_beats("rope_beats");
#pragma HLS STREAM variable = rope_beats depth = 2
  hls::stream<Beat> gate_beats("gate_beats");
#pragma HLS STREAM variable = gate_beats depth = 2
  hls::stream<Beat> term_beats("term_beats");
#pragma HLS STREAM variable = term_beats depth = 2
  hls::stream<Sums> norm_sums("norm_sums");
#pragma HLS STREAM variable = norm_sums depth = 2
  hls::stream<Sums> rope_sums("rope_sums");
#pragma HLS STREAM variable = rope_sums depth = 2
  hls::stream<Sums> gate_sums("gate_sums");
#pragma HLS STREAM variable = gate_sums depth = 2
  hls::stream<Sums> term_sums("term_sums");
#pragma HLS STREAM variable = term_sums depth = 2
  hls::stream<Mantissas> mantissas("mantissas");
#pragma HLS STREAM variable = mantissas depth = 2

  SLUICE_DATAFLOW_BEGIN
  SLUICE_PROCESS(plan_vector, command, ranges, load_job, norm_job, rope_job, activation_job, sum_job, narrow_job,
                 emit_job);
  SLUICE_PROCESS(load, load_job, lines, copy_beats, norm_beats, rope_beats, gate_beats, term_beats);
  SLUICE_PROCESS(norm, norm_job, norm_beats, norm_sums);
  SLUICE_PROCESS(rope, rope_job, rope_beats, rope_sums);
  SLUICE_PROCESS(activate_gates, activation_job, gate_beats, gate_sums);
  SLUICE_PROCESS(sum_terms, sum_job, term_beats, term_sums);
  SLUICE_PROCESS(narrow, narrow_job, copy_beats, norm_sums, rope_sums, gate_sums, term_sums, mantissas);
  SLUICE_PROCESS(emit, emit_job, mantissas, writes, done);
  SLUICE_DATAFLOW_END
}
