// `bench peers`: installs onnxruntime-node now, rather than when a comparison first needs it: tests that find it compare with
// it, but never ask a registry for it.
import { Command } from 'commander'
import { installPeer, peers } from '../peers.js'

export function peersCommand(): Command {
  return new Command('peers')
    .description('installs onnxruntime-node into the cache folder, for tests that compare with it')
    .action(async () => {
      console.log(await installPeer(peers['onnxruntime-cpu'], console.error))
    })
}
