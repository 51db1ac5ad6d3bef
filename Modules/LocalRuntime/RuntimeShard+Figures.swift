internal import RuntimeCore
internal import TransportCore

extension RuntimeShard {
    func figures() async -> String {
        var text = PrometheusText()
        let functions = figures.functions

        func counter(_ name: String, _ help: String, _ value: (RuntimeFigures.Function) -> Int) {
            text.metric(name, .counter, help)
            for (functionType, figures) in functions {
                text.sample(name, [("function", functionType)], value(figures))
            }
        }

        func gauge(_ name: String, _ help: String, _ value: (String, RuntimeFigures.Function) -> Int) {
            text.metric(name, .gauge, help)
            for (functionType, figures) in functions {
                text.sample(name, [("function", functionType)], value(functionType, figures))
            }
        }

        func histogram(_ name: String, _ help: String, _ value: (RuntimeFigures.Function) -> RuntimeFigures.Histogram) {
            text.metric(name, .histogram, help)
            for (functionType, figures) in functions {
                text.sample(name, [("function", functionType)], value(figures))
            }
        }

        counter("statefun_in_total", "Messages that the function has handled.") { $0.consumed }
        counter("statefun_ingress_total", "Messages for the function that were accepted from outside.") { $0.accepted }
        counter("statefun_out_local_total", "Messages that the function has sent to functions.") { $0.outgoing }
        counter("statefun_out_egress_total", "Messages that the function has sent to an egress.") { $0.egress }
        counter("statefun_dead_letters_total", "Dead letters of the function.") { $0.deadLetters }
        text.sample("statefun_dead_letters_total", [("function", "unserved")], figures.lettersOfUnserved)
        gauge("statefun_inflight_async_ops", "Calls of the function in flight.") { $1.inFlight }
        gauge("statefun_backlog", "Messages that wait for the function.") { $1.backlog }
        gauge("statefun_blocked_addresses", "Addresses of the function that wait because of a failure.") { name, _ in
            self.functions[name].map { machine.counts(of: $0.id).blocked } ?? 0
        }
        counter("statefun_remote_invocation_failures_total", "Attempts to call the function that failed.") { $0.failures }
        histogram("statefun_remote_invocation_latency_seconds", "How long each attempt to call the function took.") { $0.latency }
        histogram("statefun_batch_size", "Messages that went to the function with one request.") { $0.batchSize }

        text.metric("statefun_egress_records", .gauge, "Records that wait to be taken.")
        for (topic, queue) in topics.sorted() {
            text.sample("statefun_egress_records", [("topic", topic)], queue.count)
        }
        text.metric("statefun_egress_taken_total", .counter, "Records that were taken.")
        for (topic, count) in figures.taken {
            text.sample("statefun_egress_taken_total", [("topic", topic)], count)
        }
        text.metric("statefun_calls_in_flight", .gauge, "Calls in flight in all.")
        text.sample("statefun_calls_in_flight", [], machine.callsInFlight)
        text.metric("statefun_waiting_messages", .gauge, "Messages that wait for functions in all.")
        text.sample("statefun_waiting_messages", [], waitingCount)
        text.metric("statefun_store_failing", .gauge, "Whether nothing can be stored at the moment: 1 or 0.")
        text.sample("statefun_store_failing", [], storeFailure == nil ? 0 : 1)
        return text.text
    }
}
