/// A proxy with somebody who posts through it.
final class ProxyContender: Contender {
    let name: String
    private let proxy: (any Proxy)?
    private let poster: Poster
    private let server: Int32

    /// - Parameters:
    ///   - proxy: `nil` for the load without any.
    ///   - server: the process that answers.
    init(_ name: String, _ proxy: (any Proxy)?, _ poster: Poster, server: Int32) {
        self.name = name
        self.proxy = proxy
        self.poster = poster
        self.server = server
    }

    func window(_ seconds: Double) throws -> Figures {
        let (before, loadBefore) = (try proxy?.reading(), try loadTime())
        let outcome = try poster.post(for: seconds)
        let (after, loadAfter) = (try proxy?.reading(), try loadTime())
        let count = Double(outcome.calls)
        var figures: Figures = [
            .rate: count / outcome.seconds,
            .median: outcome.median,
            .ninth: outcome.ninth,
            .ninetyNinth: outcome.ninetyNinth,
            .loadShare: (loadAfter - loadBefore) / outcome.seconds * 100,
        ]
        if let before, let after {
            let (user, system) = (after.user - before.user, after.system - before.system)
            figures[.user] = user * 1_000_000 / count
            figures[.system] = system * 1_000_000 / count
            figures[.coreShare] = (user + system) / outcome.seconds * 100
            figures[.peakMemory] = after.peakResident / 1_000_000
        }
        return figures
    }

    func stop() {
        poster.stop()
        proxy?.stop()
    }

    /// The seconds of processor time that the server and the poster have used so far.
    private func loadTime() throws -> Double {
        let readings = [try ProcessReading(server), try ProcessReading(poster.processID)]
        return readings.reduce(0) { $0 + $1.user + $1.system }
    }
}
