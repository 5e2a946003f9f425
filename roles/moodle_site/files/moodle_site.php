<?php
// Copyright (c) 2026 ActiveProLearn toolsync contributors
// GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
//
// Compares a Moodle site (4.1 to 4.5) with what is wished, and brings it there, through Moodle's own API.
//
// Usage: php -- MOODLE_DIR WISHES < moodle_site.php    (WISHES: the JSON object that vars/main.yml of the role makes)
//
// The last line that it prints is "moodle_site: " and a JSON object; what PHP or Moodle print before it is noise. With the mode
// "token" the object holds the token and nothing else does; with "report" nothing is written; with "present" nothing is
// written when there is a problem.

define('CLI_SCRIPT', true);
// PHP leaves these out where it reads its program from the standard input.
defined('STDIN') || define('STDIN', fopen('php://stdin', 'r'));
defined('STDOUT') || define('STDOUT', fopen('php://stdout', 'w'));
defined('STDERR') || define('STDERR', fopen('php://stderr', 'w'));

/** Prints the answer, and ends. */
function moodle_site_answer(array $answer): void {
    fwrite(STDOUT, "\nmoodle_site: " . json_encode($answer, JSON_INVALID_UTF8_SUBSTITUTE) . "\n");
    exit(isset($answer['error']) ? 1 : 0);
}

if (!is_file($argv[1] . '/config.php')) {
    moodle_site_answer(['error' => "There is no config.php in {$argv[1]}, or this user may not see it: "
        . 'that is not the folder of an installed Moodle.']);
}
require($argv[1] . '/config.php');
require_once($CFG->libdir . '/adminlib.php');
require_once($CFG->libdir . '/accesslib.php');
require_once($CFG->dirroot . '/webservice/lib.php');
require_once($CFG->dirroot . '/user/lib.php');
if (!class_exists('\core_external\util')) {
    // Before Moodle 4.2.
    require_once($CFG->libdir . '/externallib.php');
}

/** A site and what is wished of it. */
class moodle_site {
    /** @var array the wishes. */
    private $wish;
    /** @var bool whether differences are put right. */
    private $write = false;
    /** @var array[] what differs: item, before, after. */
    private $differences = [];
    /** @var string[] what stands in the way. */
    private $problems = [];
    /** @var string[] what somebody should look at. */
    private $warnings = [];
    /** @var webservice */
    private $webservice;

    public function __construct(array $wish) {
        $this->wish = $wish;
        $this->webservice = new webservice();
    }

    /** Looks, and where nothing stands in the way writes. Both go through the same code. */
    public function run(): array {
        $this->visit();
        if ($this->wish['mode'] === 'present' && $this->differences && !$this->problems) {
            $this->write = true;
            $this->differences = $this->warnings = [];
            $this->visit();
        }
        return [
            'differences' => $this->differences,
            'problems' => array_values(array_unique($this->problems)),
            'warnings' => array_values(array_unique($this->warnings)),
            'site' => $this->site(),
        ];
    }

    /** The token's value, or null. */
    public function token(): array {
        $account = $this->account();
        $service = $this->service();
        $tokens = $account && $service ? $this->tokens($account, $service) : [];
        return ['token' => $tokens ? reset($tokens)->token : null];
    }

    private function site(): array {
        global $CFG;
        return [
            'url' => $CFG->wwwroot,
            'release' => $CFG->release,
            'version' => (string) $CFG->version,
            'plugin_version' => get_config('tool_sync', 'version') ?: null,
        ];
    }

    private function visit(): void {
        $this->ground();
        $this->web_services();
        $role = $this->visit_role();
        $account = $this->visit_account($role);
        $service = $this->visit_service($account);
        $this->visit_token($account, $service);
        $this->settings();
    }

    /** Notes a difference, and puts it right when that is asked for. Values are compared as they are shown. */
    private function item(string $name, $before, $after, callable $apply): void {
        if ($before === $after) {
            return;
        }
        $this->differences[] = ['item' => $name, 'before' => $before, 'after' => $after];
        if ($this->write) {
            $apply();
        }
    }

    /** What must be so before anything can be done. */
    private function ground(): void {
        global $CFG;
        if (moodle_needs_upgrading()) {
            $this->problems[] = 'Moodle waits for an upgrade of its database: run admin/cli/upgrade.php first.';
        }
        if (get_config('tool_sync', 'version') === false) {
            $this->problems[] = 'The plugin tool_sync is not installed.';
        }
        if (function_exists('posix_geteuid') && posix_geteuid() === 0 && fileowner($CFG->dataroot) !== 0) {
            $this->problems[] = 'This runs as root, and Moodle\'s data belong to another user, who could not write what root leaves '
                . 'there: set become_user to that user.';
        }
    }

    // Web services as such.

    private function web_services(): void {
        global $CFG;
        $this->item('web services', empty($CFG->enablewebservices) ? 'off' : 'on', 'on', function() {
            set_config('enablewebservices', 1);
            add_to_config_log('enablewebservices', '0', '1', null);
        });
        if (empty($CFG->enablewebservices)) {
            $this->needs_freedom('enablewebservices');
        }
        $enabled = in_array('rest', explode(',', $CFG->webserviceprotocols ?? ''));
        $this->item('REST protocol', $enabled ? 'on' : 'off', 'on', function() {
            \core\plugininfo\webservice::enable_plugin('rest', 1);
        });
        if (!$enabled) {
            $this->needs_freedom('webserviceprotocols');
        }
    }

    /** Notes a problem where config.php sets a setting for good. */
    private function needs_freedom(string $name, ?string $plugin = null): void {
        global $CFG;
        $set = $plugin === null ? $CFG->config_php_settings : ($CFG->forced_plugin_settings[$plugin] ?? []);
        if (array_key_exists($name, $set)) {
            $this->problems[] = "config.php sets {$name} for good: change it there.";
        }
    }

    // The role of the service account.

    private function role(): ?stdClass {
        global $DB;
        return $DB->get_record('role', ['shortname' => $this->wish['role']['shortname']]) ?: null;
    }

    private function visit_role(): ?stdClass {
        $wish = $this->wish['role'];
        $role = $this->role();
        $this->item('role', $role ? $wish['shortname'] : null, $wish['shortname'], function() use ($wish) {
            create_role($wish['name'], $wish['shortname'], $wish['description']);
        });
        if ($role && $role->archetype !== '') {
            $this->problems[] = "The role {$role->shortname} is one of Moodle's own kind ({$role->archetype}); this role would take "
                . 'capabilities away from it: choose another short name.';
        }
        $role = $this->role();
        $this->contexts($role);
        $this->capabilities($role);
        $this->assignable($role);
        return $role;
    }

    private function contexts(?stdClass $role): void {
        $levels = $role ? array_map('intval', array_values(get_role_contextlevels($role->id))) : [];
        $this->item('role can be assigned in', in_array(CONTEXT_SYSTEM, $levels) ? 'system' : null, 'system',
            function() use ($role, $levels) {
                set_role_contextlevels($role->id, array_merge($levels, [CONTEXT_SYSTEM]));
            });
    }

    private function capabilities(?stdClass $role): void {
        global $DB;
        $system = context_system::instance();
        $conditions = ['roleid' => $role->id ?? 0, 'contextid' => $system->id];
        $before = [];
        foreach ($DB->get_records_menu('role_capabilities', $conditions, '', 'capability, permission') as $name => $permission) {
            // What belongs to an uninstalled plugin has no effect, and can't be taken away by the API.
            if (get_capability_info($name)) {
                $before[$name] = (int) $permission;
            }
        }
        $after = [];
        foreach ($this->wish['role']['capabilities'] as $name) {
            if (get_capability_info($name)) {
                $after[$name] = CAP_ALLOW;
            } else {
                $this->problems[] = "The site does not know the capability {$name}.";
            }
        }
        $this->item('role capabilities', $this->shown($before), $this->shown($after), function() use ($role, $system, $before, $after) {
            foreach (array_diff_key($before, $after) as $name => $permission) {
                unassign_capability($name, $role->id, $system->id);
            }
            foreach ($after as $name => $permission) {
                assign_capability($name, $permission, $role->id, $system->id, true);
            }
        });
    }

    /** Capability names; one that is not simply allowed shows its permission. */
    private function shown(array $permissions): array {
        $names = [];
        foreach ($permissions as $name => $permission) {
            $names[] = $permission === CAP_ALLOW ? $name : "{$name} ({$permission})";
        }
        sort($names);
        return $names;
    }

    private function assignable(?stdClass $role): void {
        global $DB;
        $roles = $DB->get_records_menu('role', null, '', 'id, shortname');
        $before = [];
        foreach ($DB->get_records('role_allow_assign', ['roleid' => $role->id ?? 0]) as $record) {
            $before[$record->allowassign] = $roles[$record->allowassign];
        }
        $after = [];
        foreach ($this->wish['role']['may_assign'] as $shortname) {
            $id = array_search($shortname, $roles, true);
            if ($id === false) {
                $this->problems[] = "The site has no role {$shortname}.";
            } else {
                $after[$id] = $shortname;
            }
        }
        $this->item('role may assign', $this->sorted($before), $this->sorted($after), function() use ($role, $before, $after) {
            global $DB;
            foreach (array_diff_key($after, $before) as $id => $shortname) {
                core_role_set_assign_allowed($role->id, $id);
            }
            foreach (array_diff_key($before, $after) as $id => $shortname) {
                // Moodle's API can add, not take away; its own page does it so.
                $DB->delete_records('role_allow_assign', ['roleid' => $role->id, 'allowassign' => $id]);
            }
        });
    }

    private function sorted(array $values): array {
        $values = array_values($values);
        sort($values);
        return $values;
    }

    // The service account.

    private function account(): ?stdClass {
        global $DB, $CFG;
        $conditions = ['username' => $this->wish['account']['username'], 'mnethostid' => $CFG->mnet_localhost_id, 'deleted' => 0];
        return $DB->get_record('user', $conditions) ?: null;
    }

    private function visit_account(?stdClass $role): ?stdClass {
        global $DB, $CFG;
        $wish = $this->wish['account'];
        $account = $this->account();
        if ($wish['username'] !== core_user::clean_field($wish['username'], 'username')) {
            $this->problems[] = "{$wish['username']} can be no username in this Moodle.";
        }
        if (!$account && empty($CFG->allowaccountssameemail)
                && $DB->record_exists('user', ['email' => $wish['email'], 'deleted' => 0])) {
            $this->problems[] = "Another account has the e-mail address {$wish['email']}.";
        }
        if (!array_key_exists($wish['auth'], core_component::get_plugin_list('auth'))) {
            $this->problems[] = "The site has no authentication plugin {$wish['auth']}.";
        }
        $this->item('account', $account ? $wish['username'] : null, $wish['username'], function() use ($wish) {
            $this->create_account($wish);
        });
        if ($account && (is_siteadmin($account) || isguestuser($account))) {
            $this->problems[] = "The account {$account->username} is a site administrator or the guest: choose one of its own.";
        }
        if ($account) {
            $this->usable($account);
        }
        $account = $this->account();
        $this->assignment($role, $account);
        return $account;
    }

    private function create_account(array $wish): void {
        global $CFG;
        user_create_user((object) [
            'username' => $wish['username'],
            'firstname' => $wish['firstname'],
            'lastname' => $wish['lastname'],
            'email' => $wish['email'],
            'auth' => $wish['auth'],
            // No password fits this; the token is the only way in.
            'password' => AUTH_PASSWORD_NOT_CACHED,
            'confirmed' => 1,
            // Where a site has a policy, nobody could agree to it for this account over web services.
            'policyagreed' => 1,
            'emailstop' => 1,
            'mnethostid' => $CFG->mnet_localhost_id,
        ], false);
    }

    /** What keeps an existing account from using web services. */
    private function usable(stdClass $account): void {
        $after = ['suspended' => 0, 'confirmed' => 1, 'policyagreed' => 1];
        if ($account->auth === 'nologin') {
            $after['auth'] = $this->wish['account']['auth'];
        }
        foreach ($after as $field => $value) {
            $before = is_int($value) ? (int) $account->$field : $account->$field;
            $this->item("account: {$field}", $before, $value, function() use ($account, $field, $value) {
                user_update_user((object) ['id' => $account->id, $field => $value], false);
            });
        }
        if (get_user_preferences('auth_forcepasswordchange', false, $account)) {
            $this->item('account: password change forced', 1, 0, function() use ($account) {
                set_user_preference('auth_forcepasswordchange', 0, $account);
            });
        }
    }

    private function assignment(?stdClass $role, ?stdClass $account): void {
        $system = context_system::instance();
        $holds = $role && $account && user_has_role_assignment($account->id, $role->id, $system->id);
        $this->item('account has the role', (bool) $holds, true, function() use ($role, $account, $system) {
            role_assign($role->id, $account->id, $system->id);
        });
        foreach ($account ? get_user_roles($system, $account->id, false) : [] as $other) {
            if ($other->shortname !== $this->wish['role']['shortname']) {
                $this->warnings[] = "The account also has the role {$other->shortname} on the whole site.";
            }
        }
    }

    // The external service.

    private function service(): ?stdClass {
        return $this->webservice->get_external_service_by_shortname($this->wish['service']['shortname']) ?: null;
    }

    private function visit_service(?stdClass $account): ?stdClass {
        global $DB;
        $wish = $this->wish['service'];
        $service = $this->service();
        if ($service && $service->component) {
            $this->problems[] = "The service {$service->shortname} comes with {$service->component}, which would undo changes at its next "
                . 'upgrade: choose another short name.';
        }
        if (!$service && $DB->record_exists('external_services', ['name' => $wish['name']])) {
            $this->problems[] = "Another service has the name {$wish['name']}.";
        }
        $this->item('service', $service ? $wish['shortname'] : null, $wish['shortname'], function() use ($wish) {
            $this->webservice->add_external_service((object) [
                'name' => $wish['name'],
                'shortname' => $wish['shortname'],
                'enabled' => 1,
                'restrictedusers' => 1,
                'uploadfiles' => (int) $wish['upload'],
                'downloadfiles' => 0,
                'requiredcapability' => null,
            ]);
        });
        if ($service) {
            $this->service_fields($service);
        }
        $service = $this->service();
        $this->functions($service);
        $this->authorised($service, $account);
        return $service;
    }

    private function service_fields(stdClass $service): void {
        $after = [
            'enabled' => 1,
            'restrictedusers' => 1,
            'uploadfiles' => (int) $this->wish['service']['upload'],
            'requiredcapability' => null,
        ];
        foreach ($after as $field => $value) {
            $before = is_int($value) ? (int) $service->$field : ($service->$field ?: null);
            $this->item("service: {$field}", $before, $value, function() use ($service, $field, $value) {
                $this->webservice->update_external_service((object) ['id' => $service->id, $field => $value]);
            });
        }
    }

    private function functions(?stdClass $service): void {
        global $DB;
        $before = $DB->get_fieldset_select('external_services_functions', 'functionname', 'externalserviceid = ?', [$service->id ?? 0]);
        $after = $this->wish['service']['functions'];
        foreach ($after as $name) {
            if (!$DB->record_exists('external_functions', ['name' => $name])) {
                $this->problems[] = "The site does not know the function {$name}.";
            }
        }
        $this->item('service functions', $this->sorted($before), $this->sorted($after), function() use ($service, $before, $after) {
            foreach (array_diff($before, $after) as $name) {
                $this->webservice->remove_external_function_from_service($name, $service->id);
            }
            foreach (array_diff($after, $before) as $name) {
                $this->webservice->add_external_function_to_service($name, $service->id);
            }
        });
    }

    private function authorised(?stdClass $service, ?stdClass $account): void {
        $users = $service ? $this->webservice->get_ws_authorised_users($service->id) : [];
        $own = $account ? ($users[$account->id] ?? null) : null;
        $this->item('service authorises the account', (bool) $own, true, function() use ($service, $account) {
            $this->webservice->add_ws_authorised_user((object) ['externalserviceid' => $service->id, 'userid' => $account->id]);
        });
        if ($own && $own->validuntil) {
            $this->item('authorisation ends', $this->day($own->validuntil), null, function() use ($own) {
                $this->webservice->update_ws_authorised_user((object) ['id' => $own->serviceuserid, 'validuntil' => null]);
            });
        }
        foreach (array_diff_key($users, $own ? [$own->id => 1] : []) as $other) {
            $this->warnings[] = 'The service also authorises the account with the id ' . $other->id . '.';
        }
    }

    // The token. Its value appears in no difference.

    /** The account's tokens for the service that have not expired, the oldest first. */
    private function tokens(stdClass $account, stdClass $service): array {
        global $DB;
        $conditions = ['userid' => $account->id, 'externalserviceid' => $service->id, 'tokentype' => EXTERNAL_TOKEN_PERMANENT];
        return array_filter($DB->get_records('external_tokens', $conditions, 'id'), function($token) {
            return !$token->validuntil || $token->validuntil > time();
        });
    }

    private function visit_token(?stdClass $account, ?stdClass $service): void {
        global $DB;
        $wish = $this->wish['token'];
        $until = $wish['valid_until'] === '' ? 0 : strtotime("{$wish['valid_until']} 23:59:59 UTC");
        if ($until === false || ($until && $until < time())) {
            $this->problems[] = "The token would end on {$wish['valid_until']}, which is no day to come.";
            return;
        }
        $tokens = $account && $service ? $this->tokens($account, $service) : [];
        $token = reset($tokens) ?: null;
        if (!$token || $wish['renew']) {
            $this->item('token', $token ? 'the old one' : null, 'a new one', function() use ($tokens, $service, $account, $until, $wish) {
                foreach ($tokens as $old) {
                    $this->webservice->delete_user_ws_token($old->id);
                }
                $this->make_token($service, $account, $until, $wish['ip_restriction']);
            });
            return;
        }
        $this->item('token ends', $this->day($token->validuntil), $this->day($until), function() use ($DB, $token, $until) {
            $DB->set_field('external_tokens', 'validuntil', $until, ['id' => $token->id]);
        });
        $ip = $wish['ip_restriction'];
        $this->item('token is bound to', $token->iprestriction ?: null, $ip ?: null, function() use ($DB, $token, $ip) {
            $DB->set_field('external_tokens', 'iprestriction', $ip, ['id' => $token->id]);
        });
        if (count($tokens) > 1) {
            $this->warnings[] = 'The account has ' . count($tokens) . ' tokens for the service; the oldest is used.';
        }
    }

    private function make_token(stdClass $service, stdClass $account, int $until, string $ip): void {
        $arguments = [EXTERNAL_TOKEN_PERMANENT, $service, $account->id, context_system::instance(), $until, $ip];
        if (class_exists('\core_external\util')) {
            \core_external\util::generate_token(...$arguments);
        } else {
            external_generate_token(...$arguments);
        }
    }

    /** A time as a day in UTC; null for none. */
    private function day($time): ?string {
        return $time ? gmdate('Y-m-d', $time) : null;
    }

    // The plugin's settings.

    private function settings(): void {
        foreach ($this->wish['settings'] as $name => $value) {
            // Settings are texts in Moodle, and flags are 0 and 1.
            $after = (string) (is_bool($value) ? (int) $value : $value);
            $stored = get_config('tool_sync', $name);
            $before = $stored === false ? null : (string) $stored;
            if ($before !== $after) {
                $this->needs_freedom($name, 'tool_sync');
            }
            $this->item("setting {$name}", $before, $after, function() use ($name, $before, $after) {
                set_config($name, $after, 'tool_sync');
                add_to_config_log($name, $before, $after, 'tool_sync');
            });
        }
    }
}

try {
    // Logs and the token's creator name somebody.
    \core\session\manager::set_user(get_admin());
    $moodlesite = new moodle_site(json_decode($argv[2], true, 16, JSON_THROW_ON_ERROR));
    $moodlesitemode = json_decode($argv[2], true)['mode'];
    moodle_site_answer($moodlesitemode === 'token' ? $moodlesite->token() : $moodlesite->run());
} catch (Throwable $error) {
    $moodlesitedetail = isset($error->debuginfo) ? " ({$error->debuginfo})" : '';
    moodle_site_answer(['error' => get_class($error) . ': ' . $error->getMessage() . $moodlesitedetail]);
}
