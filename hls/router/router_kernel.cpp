// The router as a block diagram: processes and the queues between them.
#include "hls/router/router_kernel.hpp"

#include <hls_stream.h>

#include "hls/router/router_jobs.hpp"
#include "hls/router/score.hpp"
#include "hls/router/select.hpp"
#include "hls/router/weigh.hpp"
#include "hls/unit/processes.hpp"

// Depths: every queue carries words in one direction and no process waits for a later one's answer, so two words, which
// let both ends work every cycle, are enough everywhere. A job queue holds one job a command.
void sluice_router(hls::stream<sluice::kernel::CommandWord>& command, hls::stream<sluice::kernel::ReadRange>& ranges,
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
  hls::stream<ScoreJob> score_job("score_job");
#pragma HLS STREAM variable = score_job depth = 2
  hls::stream<SelectJob> select_job("select_job");
#pragma HLS STREAM variable = select_job depth = 2
  hls::stream<WeighJob> weigh_job("weigh_job");
#pragma HLS STREAM variable = weigh_job depth = 2
  hls::stream<Candidate> candidates("candidates");
#pragma HLS STREAM variable = candidates depth = 2
  hls::stream<Pick> picks("picks");
#pragma HLS STREAM variable = picks depth = 2

  SLUICE_DATAFLOW_BEGIN
  SLUICE_PROCESS(plan_route, command, ranges, score_job, select_job, weigh_job);
  SLUICE_PROCESS(score_experts, score_job, lines, candidates);
  SLUICE_PROCESS(select_experts, select_job, candidates, picks);
  SLUICE_PROCESS(weigh_experts, weigh_job, picks, writes, done);
  SLUICE_DATAFLOW_END
}
