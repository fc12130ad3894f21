# cmake -DGOOD=bench -DBAD=bench -DARGUMENTS=list -P expect_fault.cmake: GOOD says that all is equal, BAD that it is not,
# by its own judgement (status 1) and not by a crash.
execute_process(COMMAND ${GOOD} ${ARGUMENTS} TIMEOUT 120 RESULT_VARIABLE good OUTPUT_VARIABLE text ERROR_VARIABLE text)
if(NOT good EQUAL 0)
  message(FATAL_ERROR "without a fault the bench ends with ${good}:\n${text}")
endif()
execute_process(COMMAND ${BAD} ${ARGUMENTS} --max-idle 20000 --max-cycles 2000000 TIMEOUT 120
                RESULT_VARIABLE bad OUTPUT_VARIABLE text ERROR_VARIABLE text)
if(NOT bad EQUAL 1 OR NOT text MATCHES "FAILED")
  message(FATAL_ERROR "with the fault the bench ends with ${bad} and not with 1:\n${text}")
endif()
message(STATUS "${text}")
