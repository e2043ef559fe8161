import { PROFILE_NAMES, type ProfileName } from '../host/tcp/profile.ts';
import type { ServerConfiguration } from '../server/configuration.ts';
import { Flags } from './oclif.ts';

/** Whose rules TCP follows; absent: as the script says. */
export const profileFlag = Flags.option({
  description: 'whose rules TCP follows where they differ; default: what the script says, else linux',
  options: PROFILE_NAMES,
  helpGroup: 'HOST',
})();

/** The configuration with the profile that was asked for. */
export function withProfile(configuration: ServerConfiguration, profile: ProfileName | undefined): ServerConfiguration {
  return profile === undefined ? configuration : { ...configuration, host: { ...configuration.host, profile } };
}
