/// Waits until something holds, looking again and again.
/// - Throws: ``WaitedTooLong`` when it does not within `limit`.
public func eventually(
    _ what: String,
    within limit: Duration = .seconds(60),
    _ holds: () async throws -> Bool
) async throws {
    let clock = ContinuousClock()
    let end = clock.now.advanced(by: limit)
    while try await !holds() {
        guard clock.now < end else { throw WaitedTooLong(what: what, limit: limit) }
        try await clock.sleep(for: .milliseconds(20))
    }
}
