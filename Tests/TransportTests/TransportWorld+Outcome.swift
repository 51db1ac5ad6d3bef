import TestSupport
import TransportCore

extension TransportWorld {
    /// Makes a call that is over without the help of time; gives out the answer.
    func answer(_ client: any RequestReplyClient, _ body: String = "request") async throws -> String {
        try await outcome(client, body).get()
    }

    /// Makes a call that is over without the help of time; gives out why there is no answer, or `nil` where there is one.
    func failure(_ client: any RequestReplyClient, _ body: String = "request") async -> RequestReplyFailure? {
        await outcome(client, body).failure
    }

    /// Waits until attempt number `attempt` has failed, and lets the pause behind it pass.
    func passPause(_ attempt: Int = 1) async throws {
        try await loop.advanceWhenDue(by: .milliseconds((wiring == .async ? 4 : 10) << (attempt - 1)))
    }

    /// Makes a call whose first attempt fails and whose second one ends it.
    func callTwice(_ client: any RequestReplyClient, _ body: String = "request") async throws -> Result<String, RequestReplyFailure> {
        let call = call(client, body)
        try await passPause()
        return await call.value
    }

    /// Makes a call whose first attempt fails so that another one may help, and calls it off. Gives out why the attempt failed.
    func firstReason(_ client: any RequestReplyClient) async throws -> String {
        let call = call(client)
        try await loop.scheduled(by: loop.now.advanced(by: .milliseconds(10)))
        call.cancel()
        guard let failure = await call.value.failure else { return "answered" }
        return failure.attempts.first?.message ?? failure.message
    }
}
