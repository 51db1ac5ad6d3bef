/// A figure in relation to that of a peer in the same round.
struct Ratio {
    let figure: Figure
    /// The name of the peer; `nil` for none.
    let peer: String?
    /// What is related.
    let value: (Figures) -> Double?

    /// - Parameter plain: the peer of ``Figure/ofPlain``.
    static func all(plain: String?) -> [Ratio] {
        [
            Ratio(figure: .ofWrk, peer: WrkPeer.peerName) { $0[.rate] },
            Ratio(figure: .ofHTTPClient, peer: CallingContender.Kind.asyncHTTPClient.rawValue) { $0[.rate] },
            Ratio(figure: .ofPlain, peer: plain) { $0[.rate] },
            Ratio(figure: .ofNginx, peer: NginxProxy.peerName) { $0[.rate] },
            Ratio(figure: .medianOfNginx, peer: NginxProxy.peerName) { $0[.median] },
            Ratio(figure: .ninetyNinthOfNginx, peer: NginxProxy.peerName) { $0[.ninetyNinth] },
            Ratio(figure: .processorOfNginx, peer: NginxProxy.peerName) { figures in
                figures[.user].flatMap { user in figures[.system].map { user + $0 } }
            },
            Ratio(figure: .peakMemoryOfNginx, peer: NginxProxy.peerName) { $0[.peakMemory] },
        ]
    }

    /// Adds it to the figures of everybody's rounds, where the peer takes part.
    func add(to results: inout [[Figures]], of names: [String]) {
        guard let peer = names.firstIndex(where: { $0 == self.peer }) else { return }
        for (round, reference) in results[peer].map(value).enumerated() {
            guard let reference, reference > 0 else { continue }
            for place in results.indices {
                results[place][round][figure] = value(results[place][round]).map { $0 / reference }
            }
        }
    }
}
